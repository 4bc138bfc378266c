using System.Threading.Channels;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Testing;

/// <summary>A server's and a client's multiplexed connection over memory, both running.</summary>
public sealed class TunnelPair : IAsyncDisposable
{
    public TunnelPair(int maxStreams = 1000, TimeSpan idle = default, long budget = 64 << 20)
    {
        (ServerTransport, ClientTransport) = InMemoryTransport.Pair();
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

    public Handler ServerSide { get; } = new();

    public Handler ClientSide { get; } = new();

    public Task<MuxStream> AcceptAsync() => Within.Bound(ClientSide.Streams.Reader.ReadAsync().AsTask(), "a stream");

    /// <summary>Opens a stream from the server and takes it at the client, its head read.</summary>
    public async Task<(MuxStream Server, MuxStream Client)> OpenAsync()
    {
        MuxStream stream = Server.OpenStream().ShouldNotBeNull();
        (await stream.WriteAsync(FrameKind.Head, "{}"u8.ToArray())).ShouldBeTrue();
        MuxStream accepted = await AcceptAsync();
        (await ReadAsync(accepted)).Kind.ShouldBe(FrameKind.Head);
        accepted.Advance();
        return (stream, accepted);
    }

    public static Task<InboundFrame> ReadAsync(MuxStream stream) => Within.Bound(stream.ReadAsync().AsTask(), "a frame");

    /// <summary>Reads Data until End; returns all bytes.</summary>
    public static async Task<byte[]> ReadAllAsync(MuxStream stream)
    {
        using var all = new MemoryStream();
        while (true)
        {
            InboundFrame frame = await ReadAsync(stream);
            if (frame.Kind == FrameKind.End)
            {
                return all.ToArray();
            }

            frame.Kind.ShouldBe(FrameKind.Data);
            all.Write(frame.Payload.Span);
            stream.Advance();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Server.RequestClose(CloseReason.Normal);
        Client.RequestClose(CloseReason.Normal);
        await Within.Bound(Task.WhenAll(ServerRun, ClientRun), "both ends to close");
    }

    private MuxConnection Make(InMemoryTransport transport, MuxRole role, Handler handler, int maxStreams, TimeSpan idle, long budget) =>
        new(transport, handler, new MuxOptions { Role = role, MaxStreams = maxStreams, StreamIdleTimeout = idle, WindowBudgetBytes = budget }, Time);

    public sealed class Handler : IMuxHandler
    {
        public Channel<MuxStream> Streams { get; } = Channel.CreateUnbounded<MuxStream>();

        public TaskCompletionSource<GoAway> GoAway { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnStream(MuxStream stream) => Streams.Writer.TryWrite(stream);

        public void OnGoAway(GoAway goAway) => GoAway.TrySetResult(goAway);
    }
}
