using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Compare;
using Ggrok.Client.Inspector.Disk;
using Ggrok.Client.Inspector.Export;
using Ggrok.Client.Inspector.Har;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Inbox;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Inspector.Replay;
using Ggrok.Client.Inspector.Rules;

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
            return await RunUnseenAsync(options, events, time, stop).ConfigureAwait(false);
        }

        if (!inspect.HasPage)
        {
            return await RunWithoutPageAsync(options, inspect, events, time, stop).ConfigureAwait(false);
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
        Recorder recorder = NewRecorder(inspect, time);
        var session = new SessionStatus(events, time);
        var visitors = new VisitorRecording(recorder);
        var rules = new RuleBook(options.Rules);
        var held = new HeldRequests(rules, session.Notice);
        await using ConfiguredAsyncDisposable releasing = stop.UnsafeRegister(static h => ((HeldRequests)h!).Stop(), held).ConfigureAwait(false);
        options = options with { Recording = visitors, Interceptor = new Interceptor(rules, held, time, Random.Shared.NextDouble, stop) };
        var state = new InspectorState(options, session, recorder, visitors, time) { Rules = rules };
        (events as ITrafficWatcher)?.Watch(recorder);
        session.Inspecting(host.Address);
        var redaction = new Redaction(new SecretNames(inspect.Redact));
        await using DiskRecorder? disk = NewDisk(inspect, recorder, time, session);
        using var inbox = new InboxSource(options);
        await using var replayer = new Replayer(options.Tunnels, recorder, time);
        IEndpoints[] endpoints =
        [
            new PageFiles(), new SessionEndpoints(state, host.Guard), new ExchangeEndpoints(state), new EventStream(state),
            new ReplayEndpoints(state, replayer), new DiffEndpoints(state), new RuleEndpoints(state), new ReleaseEndpoints(state, held),
            new ExportEndpoints(state, redaction), new HarEndpoints(state, redaction), new InboxEndpoints(state, inbox),
        ];
        using var ended = new CancellationTokenSource();
        Task serving = ServeAsync(host, endpoints, session, time, ended.Token);
        ClientExit exit = await new TunnelClient(options, session, time).RunAsync(stop).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await serving.ConfigureAwait(false);
        return exit;
    }

    private static async Task<ClientExit> RunWithoutPageAsync(
        TunnelClientOptions options, InspectOptions inspect, IClientEvents events, TimeProvider time, CancellationToken stop)
    {
        Recorder recorder = NewRecorder(inspect, time);
        (events as ITrafficWatcher)?.Watch(recorder);
        await using DiskRecorder? disk = NewDisk(inspect, recorder, time, events);
        return await RunUnseenAsync(options with { Recording = new VisitorRecording(recorder) }, events, time, stop).ConfigureAwait(false);
    }

    private static Recorder NewRecorder(InspectOptions inspect, TimeProvider time) =>
        new(new RecorderOptions { MaxExchanges = inspect.MaxExchanges, MaxBytes = inspect.MaxBytes, MaxBodyBytes = inspect.MaxBodyBytes }, time);

    private static DiskRecorder? NewDisk(InspectOptions inspect, Recorder recorder, TimeProvider time, IClientEvents events) =>
        inspect.Record is null ? null : new DiskRecorder(inspect.Record, recorder, new Redaction(new SecretNames(inspect.Redact)), time, events.Notice);

    private static Task<ClientExit> RunUnseenAsync(TunnelClientOptions options, IClientEvents events, TimeProvider time, CancellationToken stop)
    {
        if (options.Rules.Count > 0)
        {
            options = options with { Interceptor = new Interceptor(new RuleBook(options.Rules), held: null, time, Random.Shared.NextDouble, stop) };
        }

        return new TunnelClient(options, events, time).RunAsync(stop);
    }

    private static async Task ServeAsync(InspectorHost host, IEndpoints[] endpoints, SessionStatus session, TimeProvider time, CancellationToken ended)
    {
        await Task.WhenAny(session.WasReady, Task.Delay(StartWithoutSession, time, ended)).ConfigureAwait(false);
        if (ended.IsCancellationRequested)
        {
            return;
        }

        try
        {
            await host.StartAsync(endpoints).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidOperationException)
        {
            session.Notice("The inspector could not be started: " + e.Message);
        }
    }
}
