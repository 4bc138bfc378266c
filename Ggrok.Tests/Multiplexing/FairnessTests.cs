using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>Who may send when: at most one chunk for each stream before the others have their turn, and nobody starves.</summary>
public class FairnessTests
{
    private const int Chunk = ProtocolLimits.MaxDataBytes;

    [Fact]
    public async Task Bulk_streams_take_turns_of_one_chunk()
    {
        await using var pair = new TunnelPair();
        List<(MuxStream Server, MuxStream Client)> streams = await OpenAsync(pair, 4);
        (MuxStream first, _) = await pair.OpenAsync();
        pair.ServerTransport.FreezeSends();

        // While a message is on its way all four come to wait; otherwise the first would rightly have one to itself.
        await first.WriteAsync(FrameKind.Data, new byte[1]);
        await Within.Bound(pair.ServerTransport.Stuck, "a message on its way");
        Task<bool>[] writes = [.. streams.Select(s => s.Server.WriteAsync(FrameKind.Data, new byte[12 * Chunk]).AsTask())];
        pair.ServerTransport.ReleaseSends();

        Task<byte[]>[] reads = [.. streams.Select(s => s.Client.ReadAllAsync())];
        await Within.Bound(Task.WhenAll(writes), "the writes");
        foreach ((MuxStream server, _) in streams)
        {
            await server.WriteEndAsync();
        }

        (await Task.WhenAll(reads)).ShouldAllBe(r => r.Length == 12 * Chunk);
        ShouldTakeTurns(pair.ServerTransport, streams.Select(s => s.Server.Id));
    }

    // A large write that waits must cost a small one no more than the chunk that needed no turn and the chunk of a turn.
    [Fact]
    public async Task A_small_frame_passes_streams_that_send_much()
    {
        await using var pair = new TunnelPair();
        List<(MuxStream Server, MuxStream Client)> bulk = await OpenAsync(pair, 3);
        (MuxStream small, MuxStream smallClient) = await pair.OpenAsync();
        (MuxStream first, _) = await pair.OpenAsync();
        pair.ServerTransport.FreezeSends();
        await first.WriteAsync(FrameKind.Data, new byte[1]);
        await Within.Bound(pair.ServerTransport.Stuck, "a message on its way");
        Task<bool>[] writes = [.. bulk.Select(s => s.Server.WriteAsync(FrameKind.Data, new byte[16 * Chunk]).AsTask())];
        Task<bool> write = small.WriteAsync(FrameKind.Data, new byte[10]).AsTask();
        pair.ServerTransport.ReleaseSends();

        await smallClient.TakeAsync(10);
        (await write).ShouldBeTrue();
        List<SentFrame> sent = [.. pair.ServerTransport.Sent.Frames().Where(f => f.Kind == FrameKind.Data)];
        int at = sent.FindIndex(f => f.Stream == small.Id);
        sent[..at].GroupBy(f => f.Stream).ShouldAllBe(g => g.Sum(f => f.Payload.Length) <= 2 * Chunk);
        foreach ((MuxStream server, _) in bulk)
        {
            server.Reset(RelayError.Internal);
        }

        await Within.Bound(Task.WhenAll(writes), "the bulk writes");
    }

    // Small frames go straight into the batch; a stream that waits for its turn still gets half of each.
    [Fact]
    public void Many_small_writers_do_not_starve_a_bulk_stream()
    {
        var outbox = new Outbox(new StreamTable(MuxRole.Server, 0), new MuxStatistics());
        _ = outbox.WriteAsync(new OutboundStream(2, opened: true), FrameKind.Data, new byte[9 * Chunk]).AsTask();
        int bulk = 0;
        uint id = 4;
        for (int batch = 0; batch < 10; batch++)
        {
            for (int i = 0; i < 400; i++, id += 2)
            {
                _ = outbox.WriteAsync(new OutboundStream(id, opened: true), FrameKind.Data, new byte[100]).AsTask();
            }

            bulk += Take(outbox).Where(f => f.Stream == 2).Sum(f => f.Length);
        }

        bulk.ShouldBe(9 * Chunk);
    }

    // A frame that is not Data cannot be cut; it needs room that small frames must not take away from it for ever.
    [Theory]
    [InlineData(40_000)]
    [InlineData(ProtocolLimits.MaxJsonBytes)]
    public void Small_writers_do_not_starve_a_large_head(int size)
    {
        var outbox = new Outbox(new StreamTable(MuxRole.Server, 0), new MuxStatistics());
        outbox.TryTake(out _, out _);
        _ = outbox.WriteAsync(new OutboundStream(2, opened: true), FrameKind.Head, new byte[40_000]).AsTask();
        _ = outbox.WriteAsync(new OutboundStream(4, opened: true), FrameKind.Head, new byte[size]).AsTask();
        List<FrameHeader> sent = Take(outbox);
        sent.ShouldNotContain(f => f.Stream == 4);
        uint id = 6;
        for (int batch = 0; batch < 2; batch++)
        {
            for (int i = 0; i < 400; i++, id += 4)
            {
                var stream = new OutboundStream(id, opened: true);
                _ = outbox.WriteAsync(stream, FrameKind.Data, new byte[100]).AsTask();
                outbox.TryWriteTogether(new OutboundStream(id + 2, opened: true), new byte[50], default, end: true);
                outbox.Grant(stream, 1);
            }

            sent.AddRange(Take(outbox));
        }

        sent.ShouldContain(f => f.Stream == 4);
    }

    // Two of the largest heads in a row must not keep pongs and credit waiting for more than every other message.
    [Fact]
    public void Large_heads_do_not_starve_control_frames()
    {
        var outbox = new Outbox(new StreamTable(MuxRole.Server, 0), new MuxStatistics());
        outbox.TryTake(out _, out _);
        for (uint i = 0; i < 10; i++)
        {
            _ = outbox.WriteAsync(new OutboundStream(2 + (2 * i), opened: true), FrameKind.Head, new byte[ProtocolLimits.MaxJsonBytes]).AsTask();
        }

        int waited = 0;
        for (ulong i = 0; i < 6; i++)
        {
            outbox.Pong(i);
            waited = Take(outbox)[0].Kind == FrameKind.Pong ? 0 : waited + 1;
            waited.ShouldBeLessThanOrEqualTo(2);
        }
    }

    [Fact]
    public void No_message_is_larger_than_allowed()
    {
        var outbox = new Outbox(new StreamTable(MuxRole.Server, 0), new MuxStatistics());
        var random = new Random(7);
        for (uint round = 0; round < 2000; round++)
        {
            var stream = new OutboundStream(2 + (2 * round), opened: true);
            switch (random.Next(5))
            {
                case 0:
                    _ = outbox.WriteAsync(stream, FrameKind.Data, new byte[random.Next(1, 100_000)]).AsTask();
                    break;
                case 1:
                    _ = outbox.WriteAsync(stream, FrameKind.Head, new byte[random.Next(ProtocolLimits.MaxJsonBytes + 1)]).AsTask();
                    break;
                case 2:
                    outbox.TryWriteTogether(stream, new byte[random.Next(40_000)], new byte[random.Next(20_000)], end: true);
                    break;
                case 3:
                    outbox.Grant(stream, 5);
                    outbox.Abandon(stream, RelayError.Internal);
                    break;
                default:
                    outbox.Ping(round);
                    break;
            }

            if (random.Next(4) == 0)
            {
                Take(outbox).ShouldAllBe(f => f.Kind != FrameKind.Data || (f.Length > 0 && f.Length <= Chunk));
                outbox.Ping(round);
            }
        }
    }

    private static List<FrameHeader> Take(Outbox outbox)
    {
        outbox.TryTake(out OutboundMessage message, out _).ShouldBeTrue();
        message.Length.ShouldBeInRange(FrameHeader.Size, ProtocolLimits.MaxMessageBytes);
        var frames = new List<FrameHeader>();
        var reader = new FrameReader(message.Bytes.Span);
        while (reader.TryRead(out FrameHeader header, out _))
        {
            frames.Add(header);
        }

        return frames;
    }

    private static async Task<List<(MuxStream Server, MuxStream Client)>> OpenAsync(TunnelPair pair, int count)
    {
        var streams = new List<(MuxStream Server, MuxStream Client)>();
        for (int i = 0; i < count; i++)
        {
            streams.Add(await pair.OpenAsync());
        }

        return streams;
    }

    // While all have more to send, none is ahead by more than the chunk being placed and the one that needed no turn. The
    // last chunk of a message can be a little short.
    private static void ShouldTakeTurns(InMemoryTransport transport, IEnumerable<uint> ids)
    {
        Dictionary<uint, int> sent = ids.ToDictionary(id => id, _ => 0);
        foreach (SentFrame frame in transport.Sent.Frames().Where(f => f.Kind == FrameKind.Data && sent.ContainsKey(f.Stream)))
        {
            sent[frame.Stream] += frame.Payload.Length;
            if (sent.Values.Min() > 10 * Chunk)
            {
                return;
            }

            (sent.Values.Max() - sent.Values.Min()).ShouldBeLessThanOrEqualTo((2 * Chunk) + 100);
        }
    }
}
