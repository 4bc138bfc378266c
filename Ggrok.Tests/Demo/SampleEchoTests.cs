using System.Net;
using System.Net.WebSockets;
using Ggrok.Demo.SampleApp;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Demo;

/// <summary>The sample app's WebSocket, directly and through the tunnel.</summary>
public class SampleEchoTests(SampleAppFixture sample) : IClassFixture<SampleAppFixture>
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Text_and_binary_come_back_in_the_sub_protocol_offered(bool tunnel, bool deflate)
    {
        using var socket = new ClientWebSocket();
        socket.Options.Proxy = null;
        socket.Options.AddSubProtocol("echo");
        socket.Options.AddSubProtocol("other");
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.DangerousDeflateOptions = deflate ? new WebSocketDeflateOptions() : null;
        var url = new UriBuilder(sample.At(tunnel, "echo")) { Scheme = "ws" };
        using var limit = new CancellationTokenSource(Within.Limit);
        await socket.ConnectAsync(url.Uri, limit.Token);

        socket.SubProtocol.ShouldBe("echo");
        (socket.HttpResponseHeaders!.TryGetValue("Sec-WebSocket-Extensions", out _)).ShouldBe(deflate);
        (await EchoAsync(socket, "grüße"u8.ToArray(), WebSocketMessageType.Text, limit.Token)).ShouldBe("grüße"u8.ToArray());
        byte[] large = new byte[100_000];
        SampleBytes.Fill(large, 0);
        (await EchoAsync(socket, large, WebSocketMessageType.Binary, limit.Token)).ShouldBe(large);
        (await EchoAsync(socket, [], WebSocketMessageType.Text, limit.Token)).ShouldBeEmpty();

        await socket.CloseAsync((WebSocketCloseStatus)4321, "enough", limit.Token);
        socket.CloseStatus.ShouldBe((WebSocketCloseStatus)4321);
        socket.CloseStatusDescription.ShouldBe("enough");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_plain_request_is_told_to_upgrade(bool tunnel)
    {
        using HttpResponseMessage answer = await sample.Visitor.GetAsync(sample.At(tunnel, "echo"));

        answer.StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
    }

    private static async Task<byte[]> EchoAsync(WebSocket socket, byte[] message, WebSocketMessageType type, CancellationToken cancellation)
    {
        // Received while it is sent: an echo must not need room for the whole message.
        Task sending = socket.SendAsync(message, type, endOfMessage: true, cancellation);
        using var received = new MemoryStream();
        byte[] buffer = new byte[8192];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer.AsMemory(), cancellation);
            part.MessageType.ShouldBe(type);
            received.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);

        await sending;
        return received.ToArray();
    }
}
