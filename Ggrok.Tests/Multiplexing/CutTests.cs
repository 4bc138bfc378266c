using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>A transport that breaks after any byte: both ends end, every stream learns of it, nothing hangs.</summary>
public class CutTests
{
    private static readonly byte[] Head = "{}"u8.ToArray();

    // Every byte of a short exchange: within headers, within payloads, between frames and between messages.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_cut_at_any_byte_ends_both_sides_and_every_stream(bool atServer)
    {
        for (int cut = 0; cut <= 320; cut++)
        {
            await CutAsync(atServer, cut, streams: 3, size: 50);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task So_does_one_cut_in_the_middle_of_much_data(bool atServer)
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int i = 0; i < 60; i++)
        {
            int cut = random.Next(1_500_000);
            await CutAsync(atServer, cut, streams: 3, size: 400_000, $"seed {seed}");
        }
    }

    [Fact]
    public async Task A_side_that_drops_the_connection_is_noticed_by_the_other()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();

        pair.ClientTransport.Abort();

        (await pair.BothEndAsync()).ShouldBe([CloseReason.TransportLost, CloseReason.TransportLost]);
        (await server.ExpectResetAsync()).ShouldBe(RelayError.TunnelLost);
        (await client.ExpectResetAsync()).ShouldBe(RelayError.TunnelLost);
        (server.Aborted.IsCancellationRequested, client.Aborted.IsCancellationRequested).ShouldBe((true, true));
    }

    private static async Task CutAsync(bool atServer, int cut, int streams, int size, string note = "")
    {
        var pair = new TunnelPair();
        (atServer ? pair.ServerTransport : pair.ClientTransport).CutAfter(cut);
        string where = $"cut at {cut} {note}";
        Task<int> accepting = ServeAsync(pair);
        Task<bool>[] exchanges = [.. Enumerable.Range(0, streams).Select(_ => ExchangeAsync(pair, size))];

        bool[] whole = await Within.Bound(Task.WhenAll(exchanges), $"the exchanges, {where}");
        if (whole.All(w => w))
        {
            // The exchange was over before the cut.
            pair.ServerTransport.Abort();
        }

        await pair.BothEndAsync($"both ends, {where}");
        (await Task.WhenAll(pair.ServerRun, pair.ClientRun)).ShouldAllBe(r => r == CloseReason.TransportLost);
        pair.ClientSide.Streams.Writer.TryComplete();
        await Within.Bound(accepting, $"the client's streams, {where}");
        (pair.Server.OpenStreams, pair.Client.OpenStreams).ShouldBe((0, 0), where);
        pair.Server.OpenStream().ShouldBeNull();
        pair.Client.OpenStream().ShouldBeNull();
    }

    // True when the whole echo came back; false when the tunnel was lost, which every operation must then say.
    private static async Task<bool> ExchangeAsync(TunnelPair pair, int size)
    {
        if (pair.Server.OpenStream() is not { } stream)
        {
            return false;
        }

        Task writing = Task.Run(async () =>
        {
            _ = await stream.WriteAsync(FrameKind.Head, Head) && await stream.WriteAsync(FrameKind.Data, new byte[size]) && await stream.WriteEndAsync();
        });
        int received = 0;
        while (true)
        {
            InboundFrame frame = await stream.ReadAsync();
            if (frame.Kind == FrameKind.Reset)
            {
                frame.Error.ShouldBe(RelayError.TunnelLost);
                await writing;
                (await stream.WriteAsync(FrameKind.Data, new byte[1])).ShouldBeFalse();
                return false;
            }

            if (frame.Kind == FrameKind.End)
            {
                await writing;
                received.ShouldBe(size);
                return true;
            }

            received += frame.Payload.Length;
            stream.Advance();
        }
    }

    private static async Task<int> ServeAsync(TunnelPair pair)
    {
        var serving = new List<Task>();
        await foreach (MuxStream stream in pair.ClientSide.Streams.Reader.ReadAllAsync())
        {
            serving.Add(Task.Run(() => stream.EchoAsync()));
        }

        await Task.WhenAll(serving);
        return serving.Count;
    }
}
