using System.Globalization;
using System.Runtime.InteropServices;
using Ggrok.Client.Connection;
using Ggrok.Client.Output;
using Ggrok.Demo.SampleApp;
using Ggrok.Server.Hosting;
using Microsoft.Extensions.Hosting;

// Server, sample app and client in one process: everything that a tunnel is, to look at.
if (!TryPorts(args, out int serverPort, out int appPort))
{
    await Console.Error.WriteLineAsync("Usage: dotnet run --project Ggrok.Demo [-- --server-port PORT --app-port PORT]").ConfigureAwait(false);
    return 2;
}

using var stop = new CancellationTokenSource();
void OnSignal(PosixSignalContext context)
{
    context.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

await using SampleApp app = await SampleApp.StartAsync(appPort).ConfigureAwait(false);
await using WebApplication server = GgrokServer.Build([], builder =>
{
    // Settings of a real server in this shell must not change the demo.
    builder.Configuration.Sources.Clear();
    builder.Configuration.AddInMemoryCollection();
    builder.Configuration["URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{serverPort}");
    builder.Configuration["GGROK_LOG_REQUESTS"] = "false";
    builder.Services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);
    builder.Configuration["Logging:LogLevel:Default"] = "Error";
    builder.Configuration["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Error";
});
await server.StartAsync().ConfigureAwait(false);
var relay = new Uri(server.Urls.First());

Console.WriteLine("Ggrok demo: a server, a sample app and the tunnel between them, all in this process.");
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Server      http://localhost:{relay.Port}"));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Sample app  http://localhost:{app.Url.Port}"));
await using var output = new TerminalOutput(Console.Out, colour: !Console.IsOutputRedirected, quiet: false);
ClientExit exit = await new TunnelClient(
    new TunnelClientOptions
    {
        Server = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{relay.Port}")),
        ClientId = Guid.NewGuid().ToString("N"),
        Label = "the demo",
        Tunnels = [new LocalTunnel { Name = "demo", Target = app.Url }],
        DrainTimeout = TimeSpan.FromSeconds(1),
    },
    output,
    TimeProvider.System).RunAsync(stop.Token).ConfigureAwait(false);

using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
await server.StopAsync(soon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
if (exit.Code is not (ExitCode.Ok or ExitCode.DrainTimeout))
{
    await Console.Error.WriteLineAsync(exit.Message).ConfigureAwait(false);
    return (int)exit.Code;
}

// The clock of an open page never ends by itself: cutting it is how a demo ends well.
return 0;

static bool TryPorts(string[] args, out int server, out int app)
{
    server = 0;
    app = 0;
    for (int i = 0; i < args.Length; i += 2)
    {
        if (i + 1 == args.Length || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port > 65535)
        {
            return false;
        }

        switch (args[i])
        {
            case "--server-port": server = port; break;
            case "--app-port": app = port; break;
            default: return false;
        }
    }

    return true;
}
