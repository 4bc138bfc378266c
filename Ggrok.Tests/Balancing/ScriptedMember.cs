using System.Net.WebSockets;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Balancing;

/// <summary>A member that does with each request what a test says, over a real connection to the server.</summary>
public sealed class ScriptedMember : IMuxHandler, IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly Func<ScriptedMember, RequestHead, MuxStream, Task> _serve;
    private MuxConnection? _connection;
    private Task<CloseReason>? _run;
    private int _seen;

    private ScriptedMember(Func<ScriptedMember, RequestHead, MuxStream, Task> serve)
    {
        _serve = serve;
    }

    /// <summary>Requests that reached it.</summary>
    public int Seen => Volatile.Read(ref _seen);

    /// <summary>What the server granted.</summary>
    public Welcome? Welcome { get; private set; }

    /// <summary>How the connection ended.</summary>
    public Task<CloseReason> Ended => Within.Bound(_run!, "the member's connection to end");

    public MuxConnection Connection => _connection!;

    /// <summary>A member that resets each request.</summary>
    public static Task<ScriptedMember> JoinAsync(PoolScene pool, RelayError error, PoolRequest? terms = null) => JoinAsync(pool, (_, _, stream) =>
    {
        stream.Reset(error);
        return Task.CompletedTask;
    }, terms);

    public static async Task<ScriptedMember> JoinAsync(PoolScene pool, Func<ScriptedMember, RequestHead, MuxStream, Task> serve, PoolRequest? terms = null)
    {
        var member = new ScriptedMember(serve);
        member._socket.Options.AddSubProtocol(ProtocolLimits.SubProtocol);
        member._socket.Options.SetRequestHeader("Authorization", "Bearer " + PoolScene.Token);
        member._socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        await member._socket.ConnectAsync(new UriBuilder(pool.Server.Url) { Scheme = "ws", Path = ProtocolLimits.Path }.Uri, CancellationToken.None);
        var transport = new WebSocketTransport(member._socket);
        var hello = new Hello(
            ProtocolLimits.Version, Guid.NewGuid().ToString("N"), "run", "1.0.0", "scripted@test", pool.Server.Url.GetLeftPart(UriPartial.Authority),
            [new TunnelRequest("web", "http", Pool: terms ?? new PoolRequest("round-robin"))]);
        await transport.SendAsync(HandshakeCodec.Encode(FrameKind.Hello, hello, HandshakeJson.Default.Hello));
        (FrameKind kind, byte[] payload) = HandshakeCodec.DecodeFrame(await HandshakeChannel.ReceiveAsync(transport));
        kind.ShouldBe(FrameKind.Welcome);
        member.Welcome = HandshakeCodec.DecodePayload(payload, HandshakeJson.Default.Welcome);
        member._connection = new MuxConnection(transport, member, new MuxOptions { Role = MuxRole.Client }, TimeProvider.System);
        member._run = member._connection.RunAsync();
        return member;
    }

    /// <summary>What a lost network looks like to the server: the connection ends without a word.</summary>
    public void Vanish() => _socket.Abort();

    public void OnStream(MuxStream stream) => _ = ServeAsync(stream);

    public void OnGoAway(GoAway goAway)
    {
    }

    public async ValueTask DisposeAsync()
    {
        Vanish();
        await Ended;
        _socket.Dispose();
    }

    private async Task ServeAsync(MuxStream stream)
    {
        InboundFrame frame = await stream.ReadAsync();
        RequestHead head = HeadReader.ReadRequest(frame.Payload.Span);
        stream.Advance();
        Interlocked.Increment(ref _seen);
        await _serve(this, head, stream);
    }

    /// <summary>Sends a head of a response.</summary>
    public static async Task RespondAsync(MuxStream stream, int status) =>
        (await HeadSender.WriteHeadAsync(stream, new ResponseHead { Status = status })).ShouldBeTrue();
}
