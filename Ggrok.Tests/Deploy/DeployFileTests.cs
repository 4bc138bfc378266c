using System.Net;
using Ggrok.Server.Hosting;
using Ggrok.Tests.Testing;
using Microsoft.Extensions.Configuration;

namespace Ggrok.Tests.Deploy;

/// <summary>Deploy files say what the server understands.</summary>
public class DeployFileTests
{
    [Theory]
    [InlineData("app.json", "GGROK_TOKENS", "GGROK_SECRET", "GGROK_TRUSTED_PROXIES")]
    [InlineData("render.yaml", "GGROK_TOKENS", "GGROK_SECRET", "GGROK_TRUSTED_PROXIES")]
    [InlineData("fly.toml", "PORT", "GGROK_TRUSTED_PROXIES")]
    [InlineData("compose.yaml", "PORT", "GGROK_TOKENS", "GGROK_DOMAIN", "GGROK_TRUSTED_PROXIES")]
    [InlineData("Dockerfile", "PORT")]
    public void The_settings_of_a_file_are_documented_and_accepted(string file, params string[] needed)
    {
        IReadOnlyDictionary<string, string> environment = DeployFiles.EnvironmentOf(file);
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(environment.Select(e => KeyValuePair.Create(e.Key, (string?)e.Value))).Build();

        environment.Keys.Where(n => !n.StartsWith("ASPNETCORE_", StringComparison.Ordinal)).ShouldBeSubsetOf(DeployFiles.DocumentedSettings());
        needed.ShouldBeSubsetOf(environment.Keys);
        ServerOptions options = ServerSettings.Read(configuration);
        options.TrustedProxies.IsPeerTrusted(IPAddress.Parse("10.1.2.3")).ShouldBe(file != "Dockerfile");
    }

    [Fact]
    public void The_table_of_settings_is_read_whole() =>
        DeployFiles.DocumentedSettings().ShouldBe(ServerSettings.All.Select(s => s.Name), ignoreOrder: true);

    [Fact]
    public void Tokens_and_secrets_are_generated_or_asked_for_and_never_in_a_file()
    {
        foreach (string name in (string[])["GGROK_TOKENS", "GGROK_SECRET"])
        {
            DeployFiles.AppJson.GetProperty("env").GetProperty(name).GetProperty("generator").GetString().ShouldBe("secret");
            Repository.Read("render.yaml").ShouldContain($"- key: {name}\n        generateValue: true\n");
        }

        DeployFiles.Compose["services"]["ggrok"]["environment"]["GGROK_TOKENS"].ToString().ShouldStartWith("${GGROK_TOKENS:?");
        Repository.Read("fly.toml").ShouldNotContain("GGROK_TOKENS =");
    }

    [Fact]
    public void Behind_Render_the_visitor_is_the_one_before_Cloudflare()
    {
        TrustedProxies proxies = TrustedProxies.Parse(DeployFiles.EnvironmentOf("render.yaml")["GGROK_TRUSTED_PROXIES"]);

        foreach (string hop in new[] { "104.22.17.40", "172.70.1.2", "2606:4700::1", "10.21.157.68" })
        {
            proxies.IsListed(IPAddress.Parse(hop)).ShouldBeTrue(hop);
        }

        proxies.IsListed(IPAddress.Parse("203.0.113.9")).ShouldBeFalse();
    }

    [Fact]
    public void Every_platform_waits_longer_than_the_server_drains()
    {
        // The host takes up to 3 s more than the grace: see GgrokServer.
        TimeSpan needed = new ServerOptions().ShutdownGrace + TimeSpan.FromSeconds(3);

        DeployFiles.Seconds(DeployFiles.Render["maxShutdownDelaySeconds"].ToString()).ShouldBeGreaterThan(needed);
        DeployFiles.Seconds(DeployFiles.Toml("fly.toml", "")["kill_timeout"]).ShouldBeGreaterThan(needed);
        DeployFiles.Seconds(DeployFiles.Compose["services"]["ggrok"]["stop_grace_period"].ToString()).ShouldBeGreaterThan(needed);
        DeployFiles.Seconds(Repository.Read("docs/deploy.md").Split("TimeoutStopSec=")[1].Split('\n')[0]).ShouldBeGreaterThan(needed);
        DeployFiles.Toml("fly.toml", "")["kill_signal"].ShouldBe("SIGTERM");
    }

    [Fact]
    public async Task The_paths_that_platforms_ask_are_the_servers_own()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_DOMAIN", "tunnels.example.com")]);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server.Url };
        string ask = Repository.Read("Caddyfile").Split("ask http://ggrok:8080")[1].Split('\n')[0];

        (await StatusAsync(DeployFiles.Render["healthCheckPath"].ToString())).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(DeployFiles.Toml("fly.toml", "http_service.checks")["path"])).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(ask + "?domain=tunnels.example.com")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(ask + "?domain=stranger.example.com")).ShouldBe(HttpStatusCode.NotFound);

        async Task<HttpStatusCode> StatusAsync(string path)
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            return answer.StatusCode;
        }
    }

    [Fact]
    public void Ports_agree()
    {
        string port = DeployFiles.EnvironmentOf("Dockerfile")["PORT"];

        DeployFiles.DockerfileLines("EXPOSE").ShouldBe([port]);
        DeployFiles.Toml("fly.toml", "http_service")["internal_port"].ShouldBe(port);
        DeployFiles.EnvironmentOf("fly.toml")["PORT"].ShouldBe(port);
        DeployFiles.EnvironmentOf("compose.yaml")["PORT"].ShouldBe(port);
        Repository.Read("Caddyfile").ShouldContain($"reverse_proxy ggrok:{port} ");
    }

    [Fact]
    public void The_image_runs_the_server_as_a_user_without_rights_and_without_a_shell()
    {
        DeployFiles.DockerfileLines("ENTRYPOINT").ShouldBe(["""["dotnet", "Ggrok.Server.dll"]"""]);
        DeployFiles.DockerfileLines("USER").ShouldBe(["$APP_UID"]);
        DeployFiles.DockerfileLines("HEALTHCHECK").Single().ShouldEndWith("""CMD ["dotnet", "Ggrok.Server.dll", "--health"]""");
        DeployFiles.DockerfileLines("FROM").ShouldAllBe(f => f.Contains(":10.0", StringComparison.Ordinal));
    }

    [Fact]
    public void The_clients_image_is_like_the_servers()
    {
        const string File = "Ggrok.Client/Dockerfile";
        DeployFiles.DockerfileLines("FROM", File).ShouldBe(DeployFiles.DockerfileLines("FROM"));
        DeployFiles.DockerfileLines("USER", File).ShouldBe(DeployFiles.DockerfileLines("USER"));
        DeployFiles.DockerfileLines("ENTRYPOINT", File).ShouldBe(["""["dotnet", "ggrok.dll"]"""]);

        // A volume is its user's only where the image has the folder, and the folder is the user's.
        string folder = DeployFiles.DockerfileLines("VOLUME", File).ShouldHaveSingleItem();
        DeployFiles.EnvironmentOf(File)["GGROK_CONFIG"].ShouldStartWith(folder + "/");
        DeployFiles.DockerfileLines("COPY", File).ShouldContain($"--from=build --chown=$APP_UID {folder} {folder}");
        Repository.Read("docs/recipes.md").ShouldContain($"volumes: [\"ggrok-state:{folder}\"]");
    }

    [Fact]
    public void The_documented_publish_is_the_one_of_the_image()
    {
        string image = DeployFiles.DockerfileLines("RUN").Single(r => r.StartsWith("dotnet publish", StringComparison.Ordinal));
        string document = Repository.Read("docs/deploy.md").Split('\n').Single(l => l.StartsWith("dotnet publish", StringComparison.Ordinal));

        document.Replace(" -o /opt/ggrok", "", StringComparison.Ordinal)
            .ShouldBe(image.Replace(" -o /app", "", StringComparison.Ordinal).Replace(" --no-restore", "", StringComparison.Ordinal));
    }

    [Fact]
    public void What_Heroku_starts_is_where_its_buildpack_publishes()
    {
        // It publishes the solution with -p:PublishDir=bin/publish, beside each project.
        Repository.Read("Procfile").ShouldBe("web: cd Ggrok.Server/bin/publish/ && ./Ggrok.Server\n");
        DeployFiles.AppJson.GetProperty("buildpacks")[0].GetProperty("url").GetString().ShouldBe("heroku/dotnet");
        Repository.Read("Directory.Build.props").ShouldContain("<TargetFramework>");
        Directory.GetFiles(Repository.Root, "*.sln*").Length.ShouldBe(1, "with several solutions the buildpack wants to be told which");
    }
}
