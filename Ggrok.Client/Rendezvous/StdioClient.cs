using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Rendezvous;

/// <summary>One connection to a private name over standard input and output, after which the program ends.</summary>
public static class StdioClient
{
    /// <summary>Runs until both directions are over, or the connection failed. Never throws.</summary>
    /// <param name="options">With one name to connect to, whose <see cref="ConnectTarget.Listen"/> is null.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="events">Is told what happens.</param>
    /// <param name="time">Clock.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<ClientExit> RunAsync(
        TunnelClientOptions options, Stream input, Stream output, IClientEvents events, TimeProvider time, CancellationToken stop)
    {
        // The program that started this one is gone, or wants it gone: nothing is waited for but the reset's way out.
        using var done = new CancellationTokenSource();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var client = new TunnelClient(options, events, time);
        ConnectTarget target = options.Connect[0];
        Task<ClientExit> running = client.RunAsync(done.Token);
        var streams = new StandardStreams(input, output);
        Task<RelayError> splicing = client.SpliceAsync(target, streams, streams.CloseOutput, over.Token, stop);
        Task first = await Task.WhenAny(running, splicing).ConfigureAwait(false);

        // Without a session nothing is waited for any more; with one, what has arrived is written before the end.
        await over.CancelAsync().ConfigureAwait(false);
        await done.CancelAsync().ConfigureAwait(false);
        RelayError error = await splicing.ConfigureAwait(false);
        ClientExit exit = await running.ConfigureAwait(false);
        return stop.IsCancellationRequested || (first == running && error == RelayError.TunnelLost) ? exit
            : error == RelayError.None ? new ClientExit(ExitCode.Ok, null)
            : new ClientExit(ExitCode.ConnectionFailed, Sentence(target.Name, error));
    }

    private static string Sentence(string name, RelayError error) => error switch
    {
        RelayError.NoTunnel => $"Nobody serves the name {name} now.",
        RelayError.TunnelAway => $"The client that serves {name} is away.",
        RelayError.LocalUnreachable => $"{name} is there, but nothing listens at its local address.",
        RelayError.NotGranted => $"The token does not connect to {name}.",
        RelayError.TunnelLost => $"The connection to {name} broke.",
        _ => $"The connection to {name} failed: {error}.",
    };
}
