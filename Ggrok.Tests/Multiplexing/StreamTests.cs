using System.Security.Cryptography;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>Streams over one connection: ends, resets, credit, fairness.</summary>
public class StreamTests
{
    [Fact]
    public async Task A_small_exchange_leaves_as_one_message()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        long before = pair.Client.Statistics.MessagesSent;

        client.TryWriteTogether("{\"status\":200}"u8, new byte[2000], end: true).ShouldBeTrue();

        (await TunnelPair.ReadAsync(server)).Kind.ShouldBe(FrameKind.Head);
        server.Advance();
        (await TunnelPair.ReadAllAsync(server)).Length.ShouldBe(2000);
        (pair.Client.Statistics.MessagesSent - before).ShouldBe(1);
    }

    [Fact]
    public async Task Each_direction_ends_on_its_own()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();

        await server.WriteEndAsync();
        (await TunnelPair.ReadAsync(client)).Kind.ShouldBe(FrameKind.End);
        (await client.WriteAsync(FrameKind.Data, "still here"u8.ToArray())).ShouldBeTrue();
        await client.WriteEndAsync();

        (await TunnelPair.ReadAllAsync(server)).ShouldBe("still here"u8.ToArray());
        (await server.WriteAsync(FrameKind.Data, "late"u8.ToArray())).ShouldBeFalse();
        pair.Server.OpenStreams.ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_ends_both_sides_with_its_name(bool byServer)
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        (MuxStream here, MuxStream there) = byServer ? (server, client) : (client, server);
        Task<InboundFrame> waiting = TunnelPair.ReadAsync(there);

        here.Reset(RelayError.VisitorGone);

        (await waiting).ShouldBe(new InboundFrame(FrameKind.Reset, default, RelayError.VisitorGone));
        there.Error.ShouldBe(RelayError.VisitorGone);
        there.Aborted.IsCancellationRequested.ShouldBeTrue();
        (await there.WriteAsync(FrameKind.Data, new byte[1])).ShouldBeFalse();
        (await TunnelPair.ReadAsync(here)).Error.ShouldBe(RelayError.VisitorGone);
        (pair.Server.OpenStreams, pair.Client.OpenStreams).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_writer_stops_at_its_credit_and_goes_on_when_the_reader_reads()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        byte[] body = RandomNumberGenerator.GetBytes(ProtocolLimits.InitialWindowBytes + 1);

        Task<bool> write = server.WriteAsync(FrameKind.Data, body).AsTask();
        long received = 0;
        while (received < ProtocolLimits.InitialWindowBytes)
        {
            received = pair.Client.Statistics.BytesReceived;
            await Task.Yield();
        }

        write.IsCompleted.ShouldBeFalse();
        Task<byte[]> reading = TunnelPair.ReadAllAsync(client);
        (await Within.Bound(write, "the write")).ShouldBeTrue();
        await server.WriteEndAsync();
        (await reading).ShouldBe(body);
    }

    [Fact]
    public async Task The_window_grows_only_on_proof_and_within_the_budget()
    {
        foreach ((long budget, long atLeast, long atMost) in ((long, long, long)[])[(64 << 20, 1 << 20, 4 << 20), (0, 256 << 10, 256 << 10)])
        {
            await using var pair = new TunnelPair(budget: budget);
            (MuxStream server, MuxStream client) = await pair.OpenAsync();
            Task<bool> write = server.WriteAsync(FrameKind.Data, new byte[64 << 20]).AsTask();
            long unread = 0;
            long sent = 0;
            for (int i = 0; i < 8; i++)
            {
                // The sender stops for want of credit, the reader then takes all there is: each round is one proof.
                await Eventually.BecomesAsync(() => Task.FromResult(IsBlocked(pair, sent)), true);
                unread = pair.Server.Statistics.BytesSent - sent;
                sent = pair.Server.Statistics.BytesSent;
                while (client.TryRead(out _))
                {
                    client.Advance();
                }
            }

            unread.ShouldBeInRange(atLeast / 2, atMost + 200_000);
            write.IsCompleted.ShouldBeFalse();
            server.Reset(RelayError.Internal);
        }
    }

    [Fact]
    public async Task A_stream_reset_before_its_head_was_sent_is_nothing_to_the_peer()
    {
        await using var pair = new TunnelPair();
        pair.Server.OpenStream()!.Reset(RelayError.VisitorGone);
        MuxStream tooLarge = pair.Server.OpenStream()!;
        tooLarge.Reset(RelayError.RequestHeadTooLarge);

        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        await client.WriteEndAsync();

        (await TunnelPair.ReadAsync(server)).Kind.ShouldBe(FrameKind.End);
        Frames.Parse(pair.ServerTransport).ShouldNotContain(f => f.Kind == FrameKind.Reset);
        pair.Client.IsClosing.ShouldBeFalse();
    }

    [Fact]
    public async Task Trailers_behind_much_unread_data_are_no_flood()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        for (int i = 0; i < 250; i++)
        {
            (await server.WriteAsync(FrameKind.Data, new byte[1000])).ShouldBeTrue();
        }

        (await server.WriteAsync(FrameKind.Trailers, "{\"headers\":[]}"u8.ToArray())).ShouldBeTrue();
        await server.WriteEndAsync();

        InboundFrame frame;
        int bytes = 0;
        while ((frame = await TunnelPair.ReadAsync(client)).Kind == FrameKind.Data)
        {
            bytes += frame.Payload.Length;
            client.Advance();
        }

        (bytes, frame.Kind).ShouldBe((250_000, FrameKind.Trailers));
    }

    [Fact]
    public async Task One_stream_that_nobody_reads_does_not_stop_another()
    {
        await using var pair = new TunnelPair();
        (MuxStream stuck, _) = await pair.OpenAsync();
        Task<bool> write = stuck.WriteAsync(FrameKind.Data, new byte[1_000_000]).AsTask();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        byte[] body = RandomNumberGenerator.GetBytes(3_000_000);

        Task<byte[]> reading = TunnelPair.ReadAllAsync(client);
        await server.WriteAsync(FrameKind.Data, body);
        await server.WriteEndAsync();

        (await reading).ShouldBe(body);
        write.IsCompleted.ShouldBeFalse();
        stuck.Reset(RelayError.Internal);
    }

    [Fact]
    public async Task Bulk_streams_take_turns_of_one_chunk()
    {
        await using var pair = new TunnelPair();
        var streams = new List<(MuxStream Server, MuxStream Client)>();
        for (int i = 0; i < 4; i++)
        {
            streams.Add(await pair.OpenAsync());
        }

        Task<bool>[] writes = [.. streams.Select(s => s.Server.WriteAsync(FrameKind.Data, new byte[200_000]).AsTask())];
        Task<byte[]>[] reads = [.. streams.Select(s => TunnelPair.ReadAllAsync(s.Client))];
        await Within.Bound(Task.WhenAll(writes), "the writes");
        foreach ((MuxStream server, _) in streams)
        {
            await server.WriteEndAsync();
        }

        (await Task.WhenAll(reads)).ShouldAllBe(r => r.Length == 200_000);

        // In the middle, where all four wait, no stream has two chunks before each other one had its turn.
        uint[] order = DataOrder(pair.ServerTransport);
        uint[] middle = order[8..32];
        for (int i = 0; i + 4 <= middle.Length; i += 4)
        {
            middle[i..(i + 4)].Distinct().Count().ShouldBeGreaterThanOrEqualTo(3);
        }
    }

    [Fact]
    public async Task A_stream_beyond_the_limit_is_refused_alone()
    {
        await using var pair = new TunnelPair(maxStreams: 1);
        (MuxStream first, MuxStream client) = await pair.OpenAsync();

        pair.Server.OpenStream().ShouldBeNull();

        // A peer that ignores the limit: its second stream is reset, the first goes on.
        pair.ServerTransport.Inject(Frames.Of(FrameKind.Head, 8, "{}"u8));
        await client.WriteEndAsync();
        (await TunnelPair.ReadAsync(first)).Kind.ShouldBe(FrameKind.End);
        await Eventually.BecomesAsync(
            () => Task.FromResult(Frames.Parse(pair.ClientTransport).Any(f => f.Kind == FrameKind.Reset && f.Stream == 8)), true);
    }

    [Fact]
    public async Task Hundreds_of_streams_at_once_mix_nothing_up()
    {
        await using var pair = new TunnelPair();
        int seed = Environment.TickCount;
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            byte[] body = new byte[new Random(seed + i).Next(0, 120_000)];
            new Random(i).NextBytes(body);
            MuxStream server = pair.Server.OpenStream()!;
            await server.WriteAsync(FrameKind.Head, "{}"u8.ToArray());
            MuxStream client = await pair.AcceptAsync();
            Task echo = EchoAsync(client);
            Task<byte[]> reading = TunnelPair.ReadAllAsync(server);
            await server.WriteAsync(FrameKind.Data, body);
            await server.WriteEndAsync();
            (await reading).AsSpan().SequenceEqual(body).ShouldBeTrue($"stream {i}, seed {seed}");
            await echo;
        }));
        pair.Server.OpenStreams.ShouldBe(0);
        pair.Client.OpenStreams.ShouldBe(0);
    }

    private static async Task EchoAsync(MuxStream stream)
    {
        while (true)
        {
            InboundFrame frame = await TunnelPair.ReadAsync(stream);
            if (frame.Kind == FrameKind.End)
            {
                await stream.WriteEndAsync();
                return;
            }

            if (frame.Kind == FrameKind.Data)
            {
                await stream.WriteAsync(FrameKind.Data, frame.Payload);
            }

            stream.Advance();
        }
    }

    // All that was sent since has arrived, and its last frame says that there would be more.
    private static bool IsBlocked(TunnelPair pair, long since)
    {
        long sent = pair.Server.Statistics.BytesSent;
        return sent > since && pair.Client.Statistics.BytesReceived == sent
            && Frames.Parse(pair.ServerTransport).LastOrDefault(f => f.Kind == FrameKind.Data).Flags == FrameFlags.Blocked;
    }

    private static uint[] DataOrder(InMemoryTransport transport) =>
        [.. Frames.Parse(transport).Where(f => f.Kind == FrameKind.Data).Select(f => f.Stream)];
}
