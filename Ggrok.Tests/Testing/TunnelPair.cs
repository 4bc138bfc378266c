using System.Threading.Channels;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Testing;

/// <summary>A server's and a client's multiplexed connection over memory, both running.</summary>
public sealed class TunnelPair : IAsyncDisposable
{
    public TunnelPair(
        int maxStreams = 1000, TimeSpan idle = default, long budget = 64 << 20, TimeSpan latency = default, TimeProvider? transportTime = null)
    {
        (ServerTransport, ClientTransport) = InMemoryTransport.Pair(latency, transportTime ?? Time);
        Server = Make(ServerTransport, MuxRole.Server, ServerSide, maxStreams, idle, budget);
        Client = Make(ClientTransport, MuxRole.Client, ClientSide, maxStreams, idle, budget);
        ServerRun = Server.RunAsync();
        ClientRun = Client.RunAsync();
    }

    public ManualTimeProvider Time { get; } = new();

    public InMemoryTransport ServerTransport { get; }

    public InMemoryTransport ClientTransport { get; }

    public MuxConnection Server { get; }

    public MuxConnection Client { get; }

    public Task<CloseReason> ServerRun { get; }

    public Task<CloseReason> ClientRun { get; }

    public RecordingHandler ServerSide { get; } = new();

    public RecordingHandler ClientSide { get; } = new();

    public Task<MuxStream> AcceptAsync() => ClientSide.AcceptAsync();

    /// <summary>Opens a stream from the server and takes it at the client, its head read.</summary>
    public async Task<(MuxStream Server, MuxStream Client)> OpenAsync()
    {
        MuxStream stream = Server.OpenStream().ShouldNotBeNull();
        (await stream.WriteAsync(FrameKind.Head, "{}"u8.ToArray())).ShouldBeTrue();
        MuxStream accepted = await AcceptAsync();
        while (accepted.Id != stream.Id)
        {
            // One that was reset before it was handed over.
            accepted = await AcceptAsync();
        }

        await accepted.ExpectAsync(FrameKind.Head);
        return (stream, accepted);
    }

    /// <summary>Moves the clock and lets both sides notice.</summary>
    public void Tick(TimeSpan by)
    {
        Time.Advance(by);
        Server.Tick();
        Client.Tick();
    }

    /// <summary>Both ends are over.</summary>
    public Task<CloseReason[]> BothEndAsync(string what = "both ends to close") => Within.Bound(Task.WhenAll(ServerRun, ClientRun), what);

    public async ValueTask DisposeAsync()
    {
        ServerTransport.ReleaseSends();
        ClientTransport.ReleaseSends();
        Server.RequestClose(CloseReason.Normal);
        Client.RequestClose(CloseReason.Normal);
        await BothEndAsync();
    }

    private MuxConnection Make(InMemoryTransport transport, MuxRole role, RecordingHandler handler, int maxStreams, TimeSpan idle, long budget) =>
        new(transport, handler, new MuxOptions { Role = role, MaxStreams = maxStreams, StreamIdleTimeout = idle, WindowBudgetBytes = budget }, Time);
}

/// <summary>Keeps what a connection tells its owner.</summary>
public sealed class RecordingHandler : IMuxHandler
{
    public Channel<MuxStream> Streams { get; } = Channel.CreateUnbounded<MuxStream>();

    public TaskCompletionSource<GoAway> GoAway { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<MuxStream> AcceptAsync() => Within.Bound(Streams.Reader.ReadAsync().AsTask(), "a stream");

    public void OnStream(MuxStream stream) => Streams.Writer.TryWrite(stream);

    public void OnGoAway(GoAway goAway) => GoAway.TrySetResult(goAway);

    /// <summary>Completes when the peer takes no new streams and the last one is over.</summary>
    public TaskCompletionSource Drained { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void OnDrained() => Drained.TrySetResult();
}
