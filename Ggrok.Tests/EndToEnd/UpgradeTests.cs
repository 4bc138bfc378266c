using System.Net;
using System.Net.WebSockets;
using System.Text;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.EndToEnd;

/// <summary>WebSockets and other upgrades pass as raw bytes.</summary>
public class UpgradeTests
{
    [Theory]
    [InlineData(WebSocketMessageType.Text, 0)]
    [InlineData(WebSocketMessageType.Text, 125)]
    [InlineData(WebSocketMessageType.Binary, 126)]
    [InlineData(WebSocketMessageType.Binary, 65535)]
    [InlineData(WebSocketMessageType.Binary, 65536)]
    [InlineData(WebSocketMessageType.Binary, 1_000_000)]
    public async Task Messages_of_every_size_are_echoed(WebSocketMessageType type, int size)
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(EchoAsync);
        using ClientWebSocket socket = await ConnectAsync(ggrok, deflate: size == 1_000_000);
        byte[] message = new byte[size];
        Array.Fill(message, (byte)'x');

        await socket.SendAsync(message, type, endOfMessage: true, default);
        (byte[] echoed, WebSocketReceiveResult result) = await ReceiveAsync(socket);

        result.MessageType.ShouldBe(type);
        echoed.ShouldBe(message);
    }

    [Fact]
    public async Task Fragments_sub_protocols_and_close_codes_pass()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(EchoAsync);
        using ClientWebSocket socket = await ConnectAsync(ggrok, protocol: "chat.v2");
        socket.SubProtocol.ShouldBe("chat.v2");

        await socket.SendAsync("frag"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: false, default);
        await socket.SendAsync("ment"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default);
        Encoding.UTF8.GetString((await ReceiveAsync(socket)).Message).ShouldBe("fragment");

        await Within.Bound(socket.CloseAsync((WebSocketCloseStatus)4321, "enough", default), "the close");
        socket.CloseStatus.ShouldBe((WebSocketCloseStatus)4321);
        socket.CloseStatusDescription.ShouldBe("enough");
        (await ggrok.Client.Events.NextExchangeAsync()).Status.ShouldBe(101);
    }

    [Fact]
    public async Task Any_other_protocol_is_spliced_and_the_visitors_end_travels_to_the_local_service()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("GET /raw HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: my-protocol/2\r\n\r\n");
        using RawSocket local = await ggrok.Local.AcceptAsync();
        string head = await local.ReadUntilAsync("\r\n\r\n");
        head.ShouldContain("Connection: Upgrade\r\nUpgrade: my-protocol/2\r\n");
        await local.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: my-protocol/2\r\n\r\nearly");

        (await visitor.ReadUntilAsync("early")).ShouldContain("Upgrade: my-protocol/2\r\n");
        await visitor.SendAsync("ping\0\u00ff");
        (await local.ReadUntilAsync("\u00ff")).ShouldBe("ping\0\u00ff");
        visitor.ShutdownSend();
        (await local.ReadToEndAsync()).ShouldBe("");
    }

    [Fact]
    public async Task A_refused_upgrade_is_an_ordinary_response()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(context =>
        {
            context.Response.StatusCode = 403;
            return context.Response.WriteAsync("no sockets");
        });
        using RawSocket visitor = await RawSocket.ConnectAsync(ggrok.Server.Url);
        await visitor.SendAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");

        (await visitor.ReadUntilAsync("no sockets")).ShouldStartWith("HTTP/1.1 403");
    }

    [Fact]
    public async Task An_offer_of_h2c_is_ignored()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n");
        using RawSocket local = await ggrok.Local.AcceptAsync();

        (await local.ReadUntilAsync("\r\n\r\n")).ShouldNotContain("Upgrade");
    }

    [Fact]
    public async Task The_local_service_closing_its_socket_closes_the_visitors()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        RawSocket local = await ggrok.Local.AcceptAsync();
        await local.ReadUntilAsync("\r\n\r\n");
        await local.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nbye");
        await visitor.ReadUntilAsync("bye");

        local.Dispose();

        await visitor.WaitForCloseAsync();
    }

    internal static async Task EchoAsync(HttpContext context)
    {
        string? protocol = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault();
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext { SubProtocol = protocol, DangerousEnableCompression = true });
        byte[] buffer = new byte[4096];
        while (true)
        {
            WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, default);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(result.CloseStatus!.Value, result.CloseStatusDescription, default);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, result.Count), result.MessageType, result.EndOfMessage, default);
        }
    }

    private static async Task<ClientWebSocket> ConnectAsync(GgrokEnvironment ggrok, string? protocol = null, bool deflate = false)
    {
        var socket = new ClientWebSocket();
        socket.Options.Proxy = new WebProxy();
        if (protocol is not null)
        {
            socket.Options.AddSubProtocol(protocol);
        }

        if (deflate)
        {
            socket.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
        }

        await Within.Bound(socket.ConnectAsync(new UriBuilder(ggrok.PublicUrl) { Scheme = "ws", Path = "/echo" }.Uri, default), "the WebSocket");
        return socket;
    }

    private static async Task<(byte[] Message, WebSocketReceiveResult Last)> ReceiveAsync(ClientWebSocket socket)
    {
        using var message = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        while (true)
        {
            WebSocketReceiveResult result = await Within.Bound(socket.ReceiveAsync(buffer, default), "a message");
            message.Write(buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                return (message.ToArray(), result);
            }
        }
    }
}
