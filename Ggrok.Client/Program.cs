using System.Runtime.InteropServices;
using Ggrok.Client.Cli;
using Ggrok.Client.Connection;
using Ggrok.Shared.Relay;

SocketEvents.ServeInline();

// The first signal drains, the second ends at once.
using var stop = new CancellationTokenSource();
void OnSignal(PosixSignalContext context)
{
    context.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

var commandLine = new CommandLine(
    Console.Out,
    Console.Error,
    isTerminal: !Console.IsOutputRedirected,
    Environment.GetEnvironmentVariable,
    (options, events, token) => new TunnelClient(options, events, TimeProvider.System).RunAsync(token));
return await commandLine.InvokeAsync(args, stop.Token).ConfigureAwait(false);
