using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Xunit.Abstractions;

namespace Ggrok.Tests.Multiplexing;

/// <summary>Much at once. A failure prints the seed with which it can be repeated, as far as threads allow.</summary>
public class StressTests(ITestOutputHelper output)
{
    private readonly int _seed = Environment.TickCount;

    [Fact]
    public async Task Hundreds_of_streams_at_once_mix_nothing_up()
    {
        output.WriteLine($"seed {_seed}");
        await using var pair = new TunnelPair();
        Task serving = ServeAsync(pair, 200);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => EchoOnceAsync(pair.Server, new Random(_seed + i), i))));

        await Within.Bound(serving, "the client");
        await Eventually.BecomesAsync(() => Task.FromResult((pair.Server.OpenStreams, pair.Client.OpenStreams)), (0, 0));
    }

    [Fact]
    public async Task Streams_that_end_in_every_way_leave_nothing_behind()
    {
        output.WriteLine($"seed {_seed}");
        await using var pair = new TunnelPair(budget: 1 << 20);
        using var over = new CancellationTokenSource();
        Task serving = Task.Run(() => ServeAnyhowAsync(pair, over.Token));

        await Within.Bound(Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            var random = new Random(_seed + i);
            for (int round = 0; round < 150; round++)
            {
                await AnyhowAsync(pair.Server.OpenStream().ShouldNotBeNull(), random);
            }
        }))), "the streams");

        await Eventually.BecomesAsync(() => Task.FromResult((pair.Server.OpenStreams, pair.Client.OpenStreams)), (0, 0));
        await over.CancelAsync();
        await serving;
        (pair.Server.IsClosing, pair.Client.IsClosing).ShouldBe((false, false));
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        Task<byte[]> reading = client.ReadAllAsync();
        await server.WriteAsync(FrameKind.Data, new byte[3_000_000]);
        await server.WriteEndAsync();
        (await reading).Length.ShouldBe(3_000_000);
    }

    private static async Task EchoOnceAsync(MuxConnection connection, Random random, int number)
    {
        byte[] body = new byte[random.Next(0, 400_000)];
        random.NextBytes(body);
        MuxStream stream = connection.OpenStream()!;
        await stream.WriteAsync(FrameKind.Head, BitConverter.GetBytes(number));
        Task<byte[]> reading = stream.ReadAllAsync();
        for (int at = 0; at < body.Length;)
        {
            int count = Math.Min(body.Length - at, random.Next(1, 70_000));
            (await stream.WriteAsync(FrameKind.Data, body.AsMemory(at, count))).ShouldBeTrue();
            at += count;
        }

        (await stream.WriteEndAsync()).ShouldBeTrue();
        (await reading).AsSpan().SequenceEqual(body).ShouldBeTrue($"stream {number}");
    }

    private static async Task ServeAsync(TunnelPair pair, int count)
    {
        var serving = new List<Task>();
        for (int i = 0; i < count; i++)
        {
            MuxStream stream = await pair.AcceptAsync();
            serving.Add(Task.Run(() => stream.EchoAsync()));
        }

        await Task.WhenAll(serving);
    }

    // Head, some data, then an end, a reset at once, a reset by the other side or no reading at all.
    private static async Task AnyhowAsync(MuxStream stream, Random random)
    {
        int way = random.Next(5);
        if (way == 0)
        {
            stream.Reset(RelayError.VisitorGone);
            return;
        }

        await stream.WriteAsync(FrameKind.Head, new[] { (byte)random.Next(4) });
        Task<bool> write = stream.WriteAsync(FrameKind.Data, new byte[random.Next(1, 600_000)]).AsTask();
        if (way == 1)
        {
            stream.Reset(RelayError.VisitorGone);
            await write;
            return;
        }

        Task<RelayError> reading = DrainAsync(stream);
        _ = await write && await stream.WriteEndAsync();
        await reading;
    }

    private static async Task<RelayError> DrainAsync(MuxStream stream)
    {
        while (true)
        {
            InboundFrame frame = await stream.NextAsync();
            if (frame.Kind is FrameKind.End or FrameKind.Reset)
            {
                return frame.Error;
            }

            stream.Advance();
        }
    }

    private static async Task ServeAnyhowAsync(TunnelPair pair, CancellationToken over)
    {
        var serving = new List<Task>();
        try
        {
            await foreach (MuxStream stream in pair.ClientSide.Streams.Reader.ReadAllAsync(over))
            {
                serving.Add(Task.Run(() => AnswerAnyhowAsync(stream)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private static async Task AnswerAnyhowAsync(MuxStream stream)
    {
        InboundFrame head = await stream.NextAsync();
        int way = head.Kind == FrameKind.Head ? head.Payload.Span[0] : 3;
        stream.Advance();
        switch (way)
        {
            case 0:
                stream.Reset(RelayError.LocalUnreachable);
                break;
            case 1:
                stream.TryWriteTogether("{}"u8, new byte[100], end: true);
                await DrainAsync(stream);
                await stream.WriteEndAsync();
                break;
            case 2:
                await stream.EchoAsync();
                break;
            default:
                await DrainAsync(stream);
                await stream.WriteEndAsync();
                break;
        }
    }
}
