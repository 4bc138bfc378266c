using Ggrok.Client.Cli;
using Ggrok.Client.Inspector;
using Ggrok.Client.Output.View;
using Ggrok.Client.Rendezvous;
using Ggrok.Shared.Relay;

SocketEvents.ServeInline();

using var stop = new StopSignals();
using ConsoleTerminal? terminal = Console.IsOutputRedirected ? null : new ConsoleTerminal(stop, Environment.GetEnvironmentVariable);
var commandLine = new CommandLine(
    Console.Out,
    Console.Error,
    isTerminal: terminal is not null,
    Environment.GetEnvironmentVariable,
    (options, events, token) => options.Connect is [{ Listen: null }]
        ? StdioClient.RunAsync(options, Console.OpenStandardInput(), Console.OpenStandardOutput(), events, TimeProvider.System, token)
        : InspectedClient.RunAsync(options, events, TimeProvider.System, token),
    WorkingFolder(),
    Console.In,
    terminal);
return await commandLine.InvokeAsync(args, stop.Token).ConfigureAwait(false);

// It may have been removed under the shell's feet.
static string? WorkingFolder()
{
    try
    {
        return Environment.CurrentDirectory;
    }
    catch (IOException)
    {
        return null;
    }
}
