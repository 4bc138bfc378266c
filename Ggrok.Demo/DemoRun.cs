using System.Globalization;
using Ggrok.Client.Cli;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector;
using Ggrok.Client.Output;
using Ggrok.Server.Hosting;
using Microsoft.Extensions.Hosting;

namespace Ggrok.Demo;

/// <summary>Server, sample app and client in one process: everything that a tunnel is, to look at.</summary>
internal static class DemoRun
{
    /// <summary>Runs until Ctrl-C or SIGTERM; returns the exit code: 0 stopped on request, 1 cannot start, 2 wrong usage.</summary>
    public static async Task<int> MainAsync(string[] args)
    {
        if (DemoOptions.Parse(args, out string complaint) is not { } options)
        {
            await Console.Error.WriteLineAsync(complaint + "\n\n" + DemoOptions.Usage).ConfigureAwait(false);
            return 2;
        }

        if (options.Help)
        {
            Console.WriteLine(DemoOptions.Usage);
            return 0;
        }

        using var stop = new StopSignals();
        try
        {
            return await RunAsync(options, stop.Token).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            await Console.Error.WriteLineAsync($"The demo cannot start: {e.Message} Choose another port, or none for a free one.").ConfigureAwait(false);
            return 1;
        }
    }

    private static async Task<int> RunAsync(DemoOptions options, CancellationToken stop)
    {
        await using SampleApp.SampleApp app = await SampleApp.SampleApp.StartAsync(options.AppPort).ConfigureAwait(false);
        await using WebApplication server = BuildServer(options.ServerPort);
        await server.StartAsync(stop).ConfigureAwait(false);
        Uri relay = OnLocalhost(new Uri(server.Urls.First()));

        Console.WriteLine("Ggrok demo: a server, a sample app and the tunnel between them, all in this process.");
        Console.WriteLine();
        Console.WriteLine($"Public URL  {relay.GetLeftPart(UriPartial.Authority)}   open this in a browser");
        Console.WriteLine($"Local URL   {OnLocalhost(app.Url).GetLeftPart(UriPartial.Authority)}   the sample app itself");
        Console.WriteLine();

        await using var output = new TerminalOutput(Console.Out, colour: !Console.IsOutputRedirected, quiet: false);
        ClientExit exit = await RunClientAsync(relay, app.Url, output, stop).ConfigureAwait(false);

        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await server.StopAsync(soon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // The clock of an open page never ends by itself: cutting it is how a demo ends well.
        if (exit.Code is ExitCode.Ok or ExitCode.DrainTimeout)
        {
            return 0;
        }

        await Console.Error.WriteLineAsync(exit.Message).ConfigureAwait(false);
        return (int)exit.Code;
    }

    private static WebApplication BuildServer(int port) => GgrokServer.Build([], builder =>
    {
        // The environment may hold the settings of another server, or of a client; the demo's own are these.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"),
            ["GGROK_LOG_REQUESTS"] = "false",
            ["GGROK_SHUTDOWN_GRACE"] = "1s",
            ["Logging:LogLevel:Default"] = "Error",
            ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Error",
            ["Logging:LogLevel:Microsoft.Extensions.Hosting"] = "None",
        });
        builder.WebHost.UseUrls(builder.Configuration["URLS"]!);
        builder.Services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);
    });

    private static Task<ClientExit> RunClientAsync(Uri relay, Uri app, TerminalOutput output, CancellationToken stop)
    {
        var options = new TunnelClientOptions
        {
            Server = relay,
            ClientId = Guid.NewGuid().ToString("N"),
            Label = "the demo",
            Tunnels = [new LocalTunnel { Name = "demo", Target = app }],
            DrainTimeout = TimeSpan.FromSeconds(1),
            Inspect = new InspectOptions(),
        };
        return InspectedClient.RunAsync(options, output, TimeProvider.System, stop);
    }

    private static Uri OnLocalhost(Uri url) => new UriBuilder(url) { Host = "localhost" }.Uri;
}
