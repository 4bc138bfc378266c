using System.Net.WebSockets;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Bench.Fleet;

/// <summary>A client with one tunnel that nobody visits: the protocol of the real one without the rest of its program.</summary>
internal sealed class IdleClient : IMuxHandler, IDisposable
{
    private readonly ClientWebSocket _socket;
    private readonly Task<CloseReason> _run;

    private IdleClient(ClientWebSocket socket, Welcome welcome)
    {
        _socket = socket;
        var options = new MuxOptions { Role = MuxRole.Client, MaxStreams = welcome.Limits.MaxStreams };
        Connection = new MuxConnection(new WebSocketTransport(socket), this, options, TimeProvider.System);
        _run = Connection.RunAsync();
    }

    public MuxConnection Connection { get; }

    /// <summary>The server has sent its ping, or answered ours, since the handshake.</summary>
    public bool HasHeard => Connection.Statistics.MessagesReceived > 0;

    /// <summary>Connects and registers.</summary>
    /// <exception cref="InvalidOperationException">The server refused or broke off.</exception>
    public static async Task<IdleClient> OpenAsync(Uri server, HttpMessageInvoker way, string name, CancellationToken stop)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(ProtocolLimits.SubProtocol);
            socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
            Uri endpoint = new UriBuilder(server) { Scheme = Uri.UriSchemeWs, Path = ProtocolLimits.Path }.Uri;
            await socket.ConnectAsync(endpoint, way, stop).ConfigureAwait(false);
            return new IdleClient(socket, await RegisterAsync(socket, server, name).ConfigureAwait(false));
        }
        catch (Exception e) when (e is WebSocketException or IOException or ProtocolViolationException)
        {
            socket.Dispose();
            throw new InvalidOperationException($"Tunnel {name} was not opened: {e.Message}", e);
        }
    }

    /// <summary>Ends the tunnel so that its name is free at once.</summary>
    public async Task CloseAsync()
    {
        Connection.RequestClose(CloseReason.Normal);
        await _run.ConfigureAwait(false);
    }

    public void OnStream(MuxStream stream) => stream.Reset(RelayError.Internal); // Nobody should visit.

    public void OnGoAway(GoAway goAway)
    {
        // The bench ends the tunnels itself.
    }

    public void Dispose() => _socket.Dispose();

    private static async Task<Welcome> RegisterAsync(ClientWebSocket socket, Uri server, string name)
    {
        var hello = new Hello(
            ProtocolLimits.Version, "bench-" + name, name, ProgramVersion.Current, "bench@localhost", server.GetLeftPart(UriPartial.Authority),
            [new TunnelRequest("web", "http", Subdomain: name)]);
        var transport = new WebSocketTransport(socket);
        await transport.SendAsync(HandshakeCodec.Encode(FrameKind.Hello, hello, HandshakeJson.Default.Hello)).ConfigureAwait(false);
        byte[] answer = await HandshakeChannel.ReceiveAsync(transport).ConfigureAwait(false);
        (FrameKind kind, byte[] payload) = HandshakeCodec.DecodeFrame(answer);
        return kind == FrameKind.Welcome
            ? HandshakeCodec.DecodePayload(payload, HandshakeJson.Default.Welcome)
            : throw new InvalidOperationException(HandshakeCodec.DecodePayload(payload, HandshakeJson.Default.Rejected).Message);
    }
}
