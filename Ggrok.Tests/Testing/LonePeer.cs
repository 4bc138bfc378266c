using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Testing;

/// <summary>One real connection whose peer is the test: it sends raw messages and reads what comes back from the log.</summary>
public sealed class LonePeer : IAsyncDisposable
{
    public LonePeer(MuxRole role = MuxRole.Client, int maxStreams = 1000, IMuxHandler? handler = null, TimeSpan idle = default, uint firstStream = 0)
    {
        (Transport, Peer) = InMemoryTransport.Pair(time: Time);
        Connection = new MuxConnection(
            Transport,
            handler ?? Handler,
            new MuxOptions { Role = role, MaxStreams = maxStreams, StreamIdleTimeout = idle, FirstStream = firstStream },
            Time);
        Run = Connection.RunAsync();
    }

    public ManualTimeProvider Time { get; } = new();

    public RecordingHandler Handler { get; } = new();

    /// <summary>The connection's own end; its log holds what the connection sent.</summary>
    public InMemoryTransport Transport { get; }

    /// <summary>The test's end.</summary>
    public InMemoryTransport Peer { get; }

    public MuxConnection Connection { get; }

    public Task<CloseReason> Run { get; }

    public void Send(byte[] message) => Peer.Inject(message);

    /// <summary>Opens a stream from the peer; the connection is a client.</summary>
    public async Task<MuxStream> OpenAsync(uint id = 2)
    {
        Send(Frames.Of(FrameKind.Head, id, "{}"u8));
        MuxStream stream = await Handler.AcceptAsync();
        await stream.ExpectAsync(FrameKind.Head);
        return stream;
    }

    /// <summary>Everything sent before has been dispatched: the connection has answered a ping behind it.</summary>
    public async Task SettleAsync()
    {
        byte[] value = BitConverter.GetBytes(Random.Shared.NextInt64());
        Send(Frames.Of(FrameKind.Ping, 0, value));
        await Transport.Sent.WhenAsync(f => f.Kind == FrameKind.Pong && f.Payload.AsSpan().SequenceEqual(value), "the pong");
    }

    /// <summary>The reason that the connection sent when it closed.</summary>
    public async Task<CloseReason> PeerSeesCloseAsync()
    {
        byte[] buffer = new byte[ProtocolLimits.MaxMessageBytes];
        while (true)
        {
            TransportRead read = await Within.Bound(Peer.ReceiveAsync(buffer).AsTask(), "the close");
            if (read.Closed)
            {
                return read.PeerReason;
            }
        }
    }

    /// <summary>The peer closes as a peer should; returns how the connection ended.</summary>
    public async Task<CloseReason> EndAsync()
    {
        await Peer.CloseAsync(CloseReason.Normal);
        return await Within.Bound(Run, "the connection's end");
    }

    public async ValueTask DisposeAsync()
    {
        Transport.ReleaseSends();
        await EndAsync();
    }
}
