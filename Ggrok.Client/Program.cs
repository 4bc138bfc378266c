using Ggrok.Client.Cli;
using Ggrok.Client.Connection;
using Ggrok.Client.Rendezvous;
using Ggrok.Shared.Relay;

SocketEvents.ServeInline();

using var stop = new StopSignals();
var commandLine = new CommandLine(
    Console.Out,
    Console.Error,
    isTerminal: !Console.IsOutputRedirected,
    Environment.GetEnvironmentVariable,
    (options, events, token) => options.Connect is [{ Listen: null }]
        ? StdioClient.RunAsync(options, Console.OpenStandardInput(), Console.OpenStandardOutput(), events, TimeProvider.System, token)
        : new TunnelClient(options, events, TimeProvider.System).RunAsync(token));
return await commandLine.InvokeAsync(args, stop.Token).ConfigureAwait(false);
