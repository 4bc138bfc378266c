using System.Net.WebSockets;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>The transport over real WebSockets, which talk through memory.</summary>
public class WebSocketTransportTests
{
    [Fact]
    public async Task Connections_exchange_streams_and_close_with_a_name()
    {
        (WebSocket server, WebSocket client) = DuplexStream.WebSockets();
        var handler = new RecordingHandler();
        var here = new MuxConnection(new WebSocketTransport(server), new RecordingHandler(), new MuxOptions { Role = MuxRole.Server }, TimeProvider.System);
        var there = new MuxConnection(new WebSocketTransport(client), handler, new MuxOptions { Role = MuxRole.Client }, TimeProvider.System);
        Task<CloseReason>[] runs = [here.RunAsync(), there.RunAsync()];
        MuxStream stream = here.OpenStream()!;
        await stream.WriteAsync(FrameKind.Head, "{}"u8.ToArray());
        Task echo = (await handler.AcceptAsync()).EchoAsync();
        Task<byte[]> reading = stream.ReadAllAsync();
        await stream.WriteAsync(FrameKind.Data, new byte[1_000_000]);
        await stream.WriteEndAsync();

        (await reading).Length.ShouldBe(1_000_000);
        await echo;
        here.RequestClose(CloseReason.Replaced);
        (await Within.Bound(Task.WhenAll(runs), "both ends")).ShouldBe([CloseReason.Replaced, CloseReason.Replaced]);
    }

    // Names only: a number would become a reason that exists nowhere, or the mark of a connection that is open.
    [Theory]
    [InlineData("Drained", CloseReason.Drained)]
    [InlineData("CreditExceeded", CloseReason.CreditExceeded)]
    [InlineData("drained", CloseReason.Normal)]
    [InlineData("-1", CloseReason.Normal)]
    [InlineData("3", CloseReason.Normal)]
    [InlineData("999", CloseReason.Normal)]
    [InlineData("Drained, Replaced", CloseReason.Normal)]
    [InlineData(" Drained", CloseReason.Normal)]
    [InlineData("", CloseReason.Normal)]
    [InlineData(null, CloseReason.Normal)]
    public async Task The_reason_of_a_close_is_a_known_name_or_Normal(string? description, CloseReason expected)
    {
        (WebSocket server, WebSocket client) = DuplexStream.WebSockets();
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, description, CancellationToken.None);

        TransportRead read = await Within.Bound(new WebSocketTransport(server).ReceiveAsync(new byte[10]).AsTask(), "the close");

        (read.Closed, read.PeerReason).ShouldBe((true, expected));
    }

    [Fact]
    public async Task A_text_message_is_malformed()
    {
        (WebSocket server, WebSocket client) = DuplexStream.WebSockets();
        await client.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);

        ProtocolViolationException violation = await Should.ThrowAsync<ProtocolViolationException>(
            async () => await new WebSocketTransport(server).ReceiveAsync(new byte[10]));
        violation.Reason.ShouldBe(CloseReason.FrameMalformed);
    }

    [Fact]
    public async Task A_lost_socket_is_an_IOException_for_both_directions()
    {
        (WebSocket server, WebSocket client) = DuplexStream.WebSockets();
        var transport = new WebSocketTransport(server);
        Task<TransportRead> receiving = transport.ReceiveAsync(new byte[10]).AsTask();
        client.Abort();
        transport.Abort();

        await Should.ThrowAsync<IOException>(Within.Bound(receiving, "the receive"));
        await Should.ThrowAsync<IOException>(async () => await transport.SendAsync(new byte[10]));
        await transport.CloseAsync(CloseReason.Normal);
        transport.Abort();
    }

    // A proxy may cut a message anew; the pieces, an empty last one included, are still one message.
    [Theory]
    [InlineData(10)]
    [InlineData(ProtocolLimits.MaxMessageBytes)]
    public async Task A_message_in_fragments_is_one_message(int size)
    {
        (WebSocket server, WebSocket client) = DuplexStream.WebSockets();
        var handler = new RecordingHandler();
        var connection = new MuxConnection(new WebSocketTransport(server), handler, new MuxOptions { Role = MuxRole.Client }, TimeProvider.System);
        Task<CloseReason> run = connection.RunAsync();
        byte[] message = Frames.Of(FrameKind.Head, 2, new byte[size - FrameHeader.Size]);

        await client.SendAsync(message.AsMemory(0, 3), WebSocketMessageType.Binary, false, CancellationToken.None);
        await client.SendAsync(message.AsMemory(3), WebSocketMessageType.Binary, false, CancellationToken.None);
        await client.SendAsync(Memory<byte>.Empty, WebSocketMessageType.Binary, true, CancellationToken.None);

        MuxStream stream = await handler.AcceptAsync();
        (await stream.ExpectAsync(FrameKind.Head)).Length.ShouldBe(size - FrameHeader.Size);
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        (await Within.Bound(run, "the end")).ShouldBe(CloseReason.Normal);
    }

    [Theory]
    [InlineData(ProtocolLimits.MaxMessageBytes, false)]
    [InlineData(ProtocolLimits.MaxMessageBytes + 1, true)]
    public async Task A_handshake_message_may_be_as_large_as_any_other(int size, bool tooLarge)
    {
        (WebSocket server, WebSocket client) = DuplexStream.WebSockets();
        Task sending = client.SendAsync(new byte[size], WebSocketMessageType.Binary, false, CancellationToken.None);
        Task<byte[]> receiving = HandshakeChannel.ReceiveAsync(new WebSocketTransport(server));
        await sending;
        if (!tooLarge)
        {
            await client.SendAsync(Memory<byte>.Empty, WebSocketMessageType.Binary, true, CancellationToken.None);
            (await Within.Bound(receiving, "the message")).Length.ShouldBe(size);
            return;
        }

        (await Should.ThrowAsync<ProtocolViolationException>(Within.Bound(receiving, "the message"))).Reason.ShouldBe(CloseReason.FrameTooLarge);
    }
}
