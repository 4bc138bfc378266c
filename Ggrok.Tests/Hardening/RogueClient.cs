using System.Net.WebSockets;
using System.Text;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Hardening;

/// <summary>A client that registers as it should and then sends whatever a test likes.</summary>
internal sealed class RogueClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket;
    private readonly Queue<(FrameHeader Header, byte[] Payload)> _frames = new();

    private RogueClient(ClientWebSocket socket)
    {
        _socket = socket;
    }

    /// <summary>Connects without saying anything.</summary>
    public static async Task<RogueClient> ConnectAsync(Uri server, string? token = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(ProtocolLimits.SubProtocol);
        if (token is not null)
        {
            socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
        }

        await Within.Bound(socket.ConnectAsync(new UriBuilder(server) { Scheme = "ws", Path = ProtocolLimits.Path }.Uri, CancellationToken.None), "the WebSocket");
        return new RogueClient(socket);
    }

    /// <summary>Holds the server's own host, or a path of it.</summary>
    public static async Task<RogueClient> RegisterAsync(Uri server, string? path = null, string? token = null)
    {
        RogueClient client = await ConnectAsync(server, token);
        var hello = new Hello(
            ProtocolLimits.Version, Guid.NewGuid().ToString("N"), "run", "1.0", "mallory", server.GetLeftPart(UriPartial.Authority),
            [new TunnelRequest("web", "http", Path: path)]);
        await client.SendAsync(HandshakeCodec.Encode(FrameKind.Hello, hello, HandshakeJson.Default.Hello));
        (FrameHeader header, byte[] payload) = await client.NextAsync();
        header.Kind.ShouldBe(FrameKind.Welcome, Encoding.UTF8.GetString(payload));
        return client;
    }

    public Task SendAsync(byte[] message) =>
        Within.Bound(_socket.SendAsync(message, WebSocketMessageType.Binary, true, CancellationToken.None), "sending");

    public Task SendAsync(FrameKind kind, uint stream, string payload = "") => SendAsync(Frames.Of(kind, stream, Encoding.Latin1.GetBytes(payload)));

    /// <summary>The next frame of a kind; others are skipped.</summary>
    public async Task<(FrameHeader Header, byte[] Payload)> NextAsync(FrameKind kind)
    {
        while (true)
        {
            (FrameHeader header, byte[] payload) = await NextAsync();
            if (header.Kind == kind)
            {
                return (header, payload);
            }
        }
    }

    public async Task<(FrameHeader Header, byte[] Payload)> NextAsync()
    {
        while (_frames.Count == 0)
        {
            Read(await ReceiveAsync() ?? throw new IOException("The server closed the connection."));
        }

        return _frames.Dequeue();
    }

    /// <summary>Completes with the close status once the server has closed the connection.</summary>
    public async Task<WebSocketCloseStatus?> ClosedAsync()
    {
        while (await ReceiveAsync() is not null)
        {
        }

        return _socket.CloseStatus;
    }

    public ValueTask DisposeAsync()
    {
        _socket.Abort();
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Read(byte[] message)
    {
        var reader = new FrameReader(message);
        while (reader.TryRead(out FrameHeader header, out ReadOnlySpan<byte> payload))
        {
            _frames.Enqueue((header, payload.ToArray()));
        }
    }

    private async Task<byte[]?> ReceiveAsync()
    {
        byte[] buffer = new byte[ProtocolLimits.MaxMessageBytes];
        int length = 0;
        try
        {
            while (true)
            {
                WebSocketReceiveResult read = await Within.Bound(_socket.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), CancellationToken.None), "a message of the server");
                length += read.Count;
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                if (read.EndOfMessage)
                {
                    return buffer[..length];
                }
            }
        }
        catch (WebSocketException)
        {
            return null;
        }
    }
}
