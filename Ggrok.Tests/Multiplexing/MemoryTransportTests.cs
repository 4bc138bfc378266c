using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>The transport of tunnels within one process.</summary>
public class MemoryTransportTests
{
    [Fact]
    public async Task Connections_exchange_streams_and_close_with_a_name()
    {
        (MemoryTransport server, MemoryTransport client) = MemoryTransport.Pair();
        var handler = new RecordingHandler();
        var here = new MuxConnection(server, new RecordingHandler(), new MuxOptions { Role = MuxRole.Server }, TimeProvider.System);
        var there = new MuxConnection(client, handler, new MuxOptions { Role = MuxRole.Client }, TimeProvider.System);
        Task<CloseReason>[] runs = [here.RunAsync(), there.RunAsync()];
        byte[] sent = new byte[1_000_000];
        Random.Shared.NextBytes(sent);
        MuxStream stream = here.OpenStream()!;
        await stream.WriteAsync(FrameKind.Head, "{}"u8.ToArray());
        Task echo = (await handler.AcceptAsync()).EchoAsync();
        Task<byte[]> reading = stream.ReadAllAsync();
        await stream.WriteAsync(FrameKind.Data, sent);
        await stream.WriteEndAsync();

        (await reading).ShouldBe(sent);
        await echo;
        here.RequestClose(CloseReason.Replaced);
        (await Within.Bound(Task.WhenAll(runs), "both ends")).ShouldBe([CloseReason.Replaced, CloseReason.Replaced]);
    }

    [Fact]
    public async Task A_message_is_taken_in_pieces_and_its_sender_waits_for_the_last()
    {
        (MemoryTransport here, MemoryTransport there) = MemoryTransport.Pair();
        Task sending = here.SendAsync(new byte[] { 1, 2, 3 }).AsTask();
        byte[] buffer = new byte[2];

        (await there.ReceiveAsync(Memory<byte>.Empty)).ShouldBe(new TransportRead(0, false, false, CloseReason.Normal));
        (await there.ReceiveAsync(buffer)).ShouldBe(new TransportRead(2, false, false, CloseReason.Normal));
        buffer.ShouldBe([1, 2]);
        sending.IsCompleted.ShouldBeFalse();
        (await there.ReceiveAsync(buffer)).ShouldBe(new TransportRead(1, true, false, CloseReason.Normal));
        buffer[0].ShouldBe((byte)3);
        await Within.Bound(sending, "the sender");
    }

    [Fact]
    public async Task What_was_sent_before_a_close_arrives_before_it()
    {
        (MemoryTransport here, MemoryTransport there) = MemoryTransport.Pair();
        Task sending = here.SendAsync(new byte[] { 1 }).AsTask();
        await here.CloseAsync(CloseReason.Drained);

        (await there.ReceiveAsync(new byte[2])).Count.ShouldBe(1);
        TransportRead close = await there.ReceiveAsync(new byte[2]);
        (close.Closed, close.PeerReason).ShouldBe((true, CloseReason.Drained));
        await Within.Bound(sending, "the sender");
    }

    [Fact]
    public async Task An_abort_fails_what_waits_at_both_ends()
    {
        (MemoryTransport here, MemoryTransport there) = MemoryTransport.Pair();
        Task sending = here.SendAsync(new byte[] { 1 }).AsTask();
        Task receiving = here.ReceiveAsync(new byte[2]).AsTask();

        there.Abort();

        await Should.ThrowAsync<IOException>(Within.Bound(sending, "the sender"));
        await Should.ThrowAsync<IOException>(Within.Bound(receiving, "the receiver"));
        await Should.ThrowAsync<IOException>(there.ReceiveAsync(new byte[2]).AsTask());
    }
}
