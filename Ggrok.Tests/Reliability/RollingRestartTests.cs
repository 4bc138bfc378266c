using System.Globalization;
using Ggrok.Tests.Deploy;
using Ggrok.Tests.Testing;
using Xunit.Abstractions;

namespace Ggrok.Tests.Reliability;

/// <summary>Deploys under load, with real processes: nobody who visits notices.</summary>
public sealed class RollingRestartTests(ITestOutputHelper output) : IDisposable
{
    private const int VisitorCount = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-rolling").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [CaddyFact]
    public async Task Two_servers_behind_a_load_balancer_are_restarted_one_after_the_other()
    {
        (string, string)[] settings = [("GGROK_TRUSTED_PROXIES", "127.0.0.1"), ("GGROK_DRAIN_DELAY", "5s")];
        int[] ports = [FreePorts.One(), FreePorts.One()];
        await using var servers = new Parts<RunningProgram>(await Programs.ServerAsync(ports[0], settings), await Programs.ServerAsync(ports[1], settings));
        await using CountingApp app = await CountingApp.StartAsync(TimeSpan.FromMilliseconds(10));
        (RunningProgram balancer, Uri url) = await StartCaddyAsync(ports);
        await using RunningProgram caddy = balancer;
        // So many that one of two servers seldom gets all of them, which takes a while to mend.
        await using RunningProgram client = Programs.Client(_folder, url, app.Url, "--connections 8");
        await client.ReadyAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(servers.All.All(s => s.SessionsOpened() > 0)), true);
        await using var visitors = new Visitors(url, VisitorCount, pause: Pause);
        await visitors.MoreAsync(300);

        for (int round = 0; round < (Programs.IsLong ? 10 : 1); round++)
        {
            for (int i = 0; i < servers.All.Length; i++)
            {
                // As a deploy does it: the next one goes as soon as the one before is used again.
                int up = TimesUp(caddy);
                await servers.All[i].TerminateAsync();
                (await servers.All[i].ExitAsync()).ShouldBe(0, servers.All[i].Output);
                await servers.All[i].DisposeAsync();
                servers.All[i] = await Programs.ServerAsync(ports[i], settings);
                await Eventually.BecomesAsync(() => Task.FromResult(TimesUp(caddy) > up), true);
                await visitors.MoreAsync(100);
            }
        }

        await Eventually.BecomesAsync(() => Task.FromResult(servers.All.All(s => s.SessionsOpened() > 0)), true);
        await visitors.MoreAsync(300);
        await NothingFailedAsync(visitors, app, () => client.Output + caddy.Output);
        app.Seen.ShouldBe(visitors.Answered);
    }

    [Fact]
    public async Task A_client_is_restarted_in_place()
    {
        int port = FreePorts.One();
        await using RunningProgram server = await Programs.ServerAsync(port);
        var url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        await using CountingApp app = await CountingApp.StartAsync(TimeSpan.FromMilliseconds(10));
        await using var clients = new Parts<RunningProgram>(Programs.Client(_folder, url, app.Url, "--connections 2"));
        await clients.All[0].ReadyAsync();
        await using var visitors = new Visitors(url, VisitorCount, pause: Pause);
        await visitors.MoreAsync(200);

        for (int round = 0; round < (Programs.IsLong ? 20 : 2); round++)
        {
            RunningProgram next = Programs.Client(_folder, url, app.Url, "--connections 2");
            clients.Also(next);
            await next.ReadyAsync();
            (await clients.All[^2].ExitAsync()).ShouldBe(7, clients.All[^2].Output);
            await visitors.MoreAsync(100);
        }

        await NothingFailedAsync(visitors, app, () => clients.All[^1].Output);
    }

    [Fact]
    public async Task A_client_is_stopped_and_started_by_a_service_manager()
    {
        int port = FreePorts.One();
        await using RunningProgram server = await Programs.ServerAsync(port);
        var url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        await using CountingApp app = await CountingApp.StartAsync(TimeSpan.FromMilliseconds(10));
        await using var clients = new Parts<RunningProgram>(Programs.Client(_folder, url, app.Url, "--away-wait 30s"));
        await clients.All[0].ReadyAsync();
        await using var visitors = new Visitors(url, VisitorCount, pause: Pause);
        await visitors.MoreAsync(200);

        for (int round = 0; round < (Programs.IsLong ? 20 : 2); round++)
        {
            await clients.All[^1].TerminateAsync();
            (await clients.All[^1].ExitAsync()).ShouldBe(0, clients.All[^1].Output);
            clients.Also(Programs.Client(_folder, url, app.Url, "--away-wait 30s"));
            await clients.All[^1].ReadyAsync();
            await visitors.MoreAsync(100);
        }

        await NothingFailedAsync(visitors, app, () => clients.All[^1].Output);
    }

    [Fact]
    public async Task Nobody_hears_that_a_tunnel_is_unknown_while_its_server_is_restarted()
    {
        int port = FreePorts.One();
        await using var servers = new Parts<RunningProgram>(await Programs.ServerAsync(port));
        var url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        await using CountingApp app = await CountingApp.StartAsync(TimeSpan.FromMilliseconds(10));
        await using RunningProgram client = Programs.Client(_folder, url, app.Url, "--connections 2");
        await client.ReadyAsync();
        await using var visitors = new Visitors(url, VisitorCount, pause: TimeSpan.FromMilliseconds(50));
        await visitors.MoreAsync(50);

        for (int round = 0; round < (Programs.IsLong ? 10 : 1); round++)
        {
            await servers.All[^1].TerminateAsync();
            (await servers.All[^1].ExitAsync()).ShouldBe(0, servers.All[^1].Output);
            servers.Also(await Programs.ServerAsync(port));
            int enough = visitors.Answered + 50;
            await Eventually.BecomesAsync(() => Task.FromResult(visitors.Answered >= enough), true);
        }

        await visitors.EndAsync();

        // While nothing listens nobody can wait; before that visitors are told to come again.
        visitors.Problems.ShouldAllBe(p => p.Contains("503 Draining", StringComparison.Ordinal) || p.Contains("Connection refused", StringComparison.Ordinal)
            || p.Contains("Connection reset", StringComparison.Ordinal) || p.Contains("HttpRequestException", StringComparison.Ordinal));
        app.Duplicates.ShouldBe(0);
    }

    // Every request was answered, and none came twice.
    private async Task NothingFailedAsync(Visitors visitors, CountingApp app, Func<string> log)
    {
        await visitors.EndAsync();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{visitors.Answered} requests, {visitors.Problems.Count} failed, {app.Duplicates} twice at the app"));
        visitors.Problems.ShouldBeEmpty(log());
        app.Duplicates.ShouldBe(0);
    }

    private static int TimesUp(RunningProgram caddy) => caddy.Output.Split("host is up").Length;

    private async Task<(RunningProgram Caddy, Uri Url)> StartCaddyAsync(int[] ports)
    {
        for (int attempt = 1; ; attempt++)
        {
            int port = FreePorts.One();
            await File.WriteAllTextAsync(Path.Combine(_folder, "Caddyfile"), Balancer(port, ports));
            RunningProgram caddy = RunningProgram.Start("caddy", "run --config Caddyfile --adapter caddyfile", _folder, [("XDG_CONFIG_HOME", _folder), ("XDG_DATA_HOME", _folder)]);
            Task<string> serving = caddy.LineAsync("serving initial configuration");
            if (await Task.WhenAny(serving, caddy.ExitAsync()) == serving)
            {
                await serving;
                return (caddy, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));
            }

            attempt.ShouldBeLessThan(5, caddy.Output);
            await caddy.DisposeAsync();
        }
    }

    // The block of docs/deploy.md, for http and these addresses.
    private static string Balancer(int port, int[] ports)
    {
        string document = Repository.Read("docs", "deploy.md");
        int begin = document.IndexOf("\treverse_proxy ggrok-1:8080 ggrok-2:8080 {", StringComparison.Ordinal);
        string block = document[begin..document.IndexOf("```", begin, StringComparison.Ordinal)]
            .Replace("ggrok-1:8080", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{ports[0]}"), StringComparison.Ordinal)
            .Replace("ggrok-2:8080", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{ports[1]}"), StringComparison.Ordinal);
        return string.Create(CultureInfo.InvariantCulture, $$"""
            {
            	admin off
            	auto_https off
            }

            http://127.0.0.1:{{port}} {

            """) + block;
    }
}
