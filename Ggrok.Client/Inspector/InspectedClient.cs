using System.Globalization;
using System.Net.Sockets;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Recording;

namespace Ggrok.Client.Inspector;

/// <summary>A client whose traffic can be looked at.</summary>
public static class InspectedClient
{
    // Who opens the page of a client that does not reach its server wants to see that.
    private static readonly TimeSpan StartWithoutSession = TimeSpan.FromSeconds(1);

    /// <summary>Runs a client, with the inspector when the options ask for it.</summary>
    public static async Task<ClientExit> RunAsync(TunnelClientOptions options, IClientEvents events, TimeProvider time, CancellationToken stop)
    {
        if (options.Inspect is not { } inspect || !options.Tunnels.Any(t => t.Kind == Shared.Protocol.TunnelKind.Http))
        {
            return await new TunnelClient(options, events, time).RunAsync(stop).ConfigureAwait(false);
        }

        InspectorHost host;
        try
        {
            host = InspectorHost.Bind(inspect.Port);
        }
        catch (SocketException e)
        {
            return new ClientExit(ExitCode.Usage, string.Create(CultureInfo.InvariantCulture,
                $"--inspect {inspect.Port ?? InspectOptions.DefaultPort}: the port cannot be used ({e.Message}); give another one, or --inspect off."));
        }

        await using (host.ConfigureAwait(false))
        {
            return await RunAsync(options, inspect, host, events, time, stop).ConfigureAwait(false);
        }
    }

    private static async Task<ClientExit> RunAsync(
        TunnelClientOptions options, InspectOptions inspect, InspectorHost host, IClientEvents events, TimeProvider time, CancellationToken stop)
    {
        var recorder = new Recorder(new RecorderOptions { MaxExchanges = inspect.MaxExchanges, MaxBytes = inspect.MaxBytes, MaxBodyBytes = inspect.MaxBodyBytes }, time);
        var session = new SessionStatus(events, time);
        var visitors = new VisitorRecording(recorder);
        options = options with { Recording = visitors };
        var state = new InspectorState(options, session, recorder, visitors, time);
        (events as ITrafficWatcher)?.Watch(recorder);
        session.Inspecting(host.Address);
        using var ended = new CancellationTokenSource();
        Task serving = ServeAsync(host, state, session, time, ended.Token);
        ClientExit exit = await new TunnelClient(options, session, time).RunAsync(stop).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await serving.ConfigureAwait(false);
        return exit;
    }

    private static async Task ServeAsync(InspectorHost host, InspectorState state, SessionStatus session, TimeProvider time, CancellationToken ended)
    {
        await Task.WhenAny(session.WasReady, Task.Delay(StartWithoutSession, time, ended)).ConfigureAwait(false);
        if (ended.IsCancellationRequested)
        {
            return;
        }

        try
        {
            await host.StartAsync([new PageFiles(), new SessionEndpoints(state, host.Guard), new ExchangeEndpoints(state), new EventStream(state)]).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidOperationException)
        {
            session.Notice("The inspector could not be started: " + e.Message);
        }
    }
}
