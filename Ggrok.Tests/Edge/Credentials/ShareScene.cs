using Ggrok.Client.Cli;
using Ggrok.Client.Connection;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Credentials;

/// <summary>A tunnel with credentials, and <c>ggrok share</c> of the same installation.</summary>
internal sealed class ShareScene : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok").FullName;
    private readonly LocalTunnelFactory _tunnel;
    private int _reached;

    private ShareScene(LocalTunnelFactory tunnel)
    {
        _tunnel = tunnel;
    }

    public delegate LocalTunnel LocalTunnelFactory(LocalTunnel plain);

    public RunningServer Server { get; private set; } = null!;

    public LocalApp App { get; private set; } = null!;

    public RunningClient Client { get; private set; } = null!;

    public Uri Url { get; private set; } = null!;

    public int Reached => Volatile.Read(ref _reached);

    public static async Task<ShareScene> StartAsync(
        IEnumerable<(string Name, string Value)>? settings = null, LocalTunnelFactory? tunnel = null, RequestDelegate? app = null)
    {
        var scene = new ShareScene(tunnel ?? (t => t with { Policies = [new("share", "true")] }));
        scene.Server = await RunningServer.StartAsync(settings ?? [("GGROK_TOKENS", "secret,other")]);
        scene.App = await LocalApp.StartAsync(context =>
        {
            Interlocked.Increment(ref scene._reached);
            return app is null ? context.Response.WriteAsync("hello from the app") : app(context);
        });
        await scene.OpenAsync(Guid.NewGuid().ToString("N"));
        await File.WriteAllTextAsync(Path.Combine(scene._folder, "client-id"), scene.Client.ClientId);
        return scene;
    }

    /// <summary>Opens the tunnel, as this installation or another one.</summary>
    public async Task OpenAsync(string client, string token = "secret")
    {
        Client = new RunningClient(RunningClient.Options(Server.Url, App.Url, t => _tunnel(t), token, client));
        Url = (await Client.Events.NextReadyAsync())[0].Url;
    }

    /// <summary>Runs <c>ggrok share</c>; returns exit code, standard output and standard error.</summary>
    public async Task<(int Code, string Output, string Error)> ShareAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var commandLine = new CommandLine(output, error, false, n => n == "GGROK_CONFIG" ? Path.Combine(_folder, "ggrok.yml") : null, (_, _, _) => throw new InvalidOperationException());
        string[] session = arguments.Contains("--token") ? [] : ["--token", "secret"];
        int code = await commandLine.InvokeAsync(["share", .. arguments, "--server", Server.Url.AbsoluteUri, .. session], default);
        return (code, output.ToString().Trim(), error.ToString().Trim());
    }

    /// <summary>A link.</summary>
    public async Task<Uri> LinkAsync(params string[] arguments)
    {
        (int code, string output, string error) = await ShareAsync(arguments);
        code.ShouldBe(0, error);
        return new Uri(output);
    }

    /// <summary>What the page of a link does when a person clicks.</summary>
    public static Task<HttpResponseMessage> OpenAsync(HttpClient browser, Uri link) =>
        browser.PostAsync(link.AbsolutePath, new FormUrlEncodedContent([KeyValuePair.Create("secret", link.Fragment[1..])]));

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        await App.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
