using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>Two streams of two tunnels joined at the server: one client connects, the other one serves.</summary>
public class BridgeTests
{
    private const int Window = ProtocolLimits.InitialWindowBytes;

    [Fact]
    public async Task Bytes_and_ends_of_each_side_reach_the_other_one()
    {
        await using Joined joined = await Joined.OpenAsync();
        byte[] there = Some(3_000_000, 1);
        byte[] back = Some(2_000_000, 2);

        Task<byte[]> arrived = joined.Serving.ReadAllAsync();
        Task<byte[]> answered = joined.Connecting.ReadAllAsync();
        await Task.WhenAll(SendAsync(joined.Connecting, there), SendAsync(joined.Serving, back));

        (await arrived).ShouldBe(there);
        (await answered).ShouldBe(back);
        await Within.Bound(joined.Running, "the bridge to end");
        (joined.Bridge.BytesFromFirst, joined.Bridge.BytesFromSecond).ShouldBe((there.Length, back.Length));
        joined.Connector.Server.OpenStreams.ShouldBe(0);
        joined.Device.Server.OpenStreams.ShouldBe(0);
    }

    [Fact]
    public async Task A_reader_that_stands_still_stops_the_sender_and_memory_is_bounded()
    {
        await using Joined joined = await Joined.OpenAsync();
        byte[] much = Some(8 * 1024 * 1024, 3);

        Task sending = SendAsync(joined.Connecting, much);
        await Eventually.BecomesAsync(() => Task.FromResult(joined.Device.Client.Statistics.BytesReceived >= Window), true);

        // Round trips on both tunnels: whatever could have been sent has been by then.
        await RoundTripAsync(joined.Connector);
        await RoundTripAsync(joined.Device);
        sending.IsCompleted.ShouldBeFalse();

        // The device's window, the connector's, which may have grown once before that was full, and the frames' headers.
        joined.Connector.Server.Statistics.BytesReceived.ShouldBeLessThan(5 * Window);

        (await joined.Serving.ReadAllAsync()).ShouldBe(much);
        await sending;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_passes_with_its_name_also_while_the_other_side_does_not_read(bool byConnector)
    {
        await using Joined joined = await Joined.OpenAsync();
        (MuxStream quick, MuxStream slow) = byConnector ? (joined.Connecting, joined.Serving) : (joined.Serving, joined.Connecting);
        TunnelPair slowPair = byConnector ? joined.Device : joined.Connector;
        Task<bool> stuck = quick.WriteAsync(FrameKind.Data, Some(4 * 1024 * 1024, 4)).AsTask();
        await Eventually.BecomesAsync(() => Task.FromResult(slowPair.Client.Statistics.BytesReceived >= Window), true);

        quick.Reset(RelayError.VisitorGone);

        await Eventually.BecomesAsync(() => Task.FromResult(slow.Error), RelayError.VisitorGone);
        (await stuck).ShouldBeFalse();
        await Within.Bound(joined.Running, "the bridge to end");
        joined.Connector.Server.OpenStreams.ShouldBe(0);
        joined.Device.Server.OpenStreams.ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lost_tunnel_resets_the_other_side_also_while_that_does_not_read(bool losesConnector)
    {
        await using Joined joined = await Joined.OpenAsync();
        (MuxStream quick, MuxStream slow) = losesConnector ? (joined.Connecting, joined.Serving) : (joined.Serving, joined.Connecting);
        (TunnelPair lost, TunnelPair left) = losesConnector ? (joined.Connector, joined.Device) : (joined.Device, joined.Connector);
        Task<bool> stuck = quick.WriteAsync(FrameKind.Data, Some(4 * 1024 * 1024, 5)).AsTask();
        await Eventually.BecomesAsync(() => Task.FromResult(left.Client.Statistics.BytesReceived >= Window), true);

        lost.ServerTransport.Abort();

        await Eventually.BecomesAsync(() => Task.FromResult(slow.Error), RelayError.TunnelLost);
        (await stuck).ShouldBeFalse();
        await Within.Bound(joined.Running, "the bridge to end");
        left.Server.OpenStreams.ShouldBe(0);
    }

    [Fact]
    public async Task A_frame_that_does_not_belong_on_a_raw_stream_ends_both_sides()
    {
        await using Joined joined = await Joined.OpenAsync();

        await joined.Connecting.WriteAsync(FrameKind.Trailers, "[]"u8.ToArray());

        (await joined.Serving.ExpectResetAsync()).ShouldBe(RelayError.RequestInvalid);
        (await joined.Connecting.ExpectResetAsync()).ShouldBe(RelayError.RequestInvalid);
        await Within.Bound(joined.Running, "the bridge to end");
    }

    private static async Task SendAsync(MuxStream stream, byte[] bytes)
    {
        (await stream.WriteAsync(FrameKind.Data, bytes)).ShouldBeTrue();
        await stream.WriteEndAsync();
    }

    private static async Task RoundTripAsync(TunnelPair pair)
    {
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        await client.WriteAsync(FrameKind.Data, "x"u8.ToArray());
        await server.ExpectAsync(FrameKind.Data);
        client.Reset(RelayError.Internal);
        await server.ExpectResetAsync();
    }

    private static byte[] Some(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private sealed class Joined : IAsyncDisposable
    {
        public TunnelPair Connector { get; }

        public TunnelPair Device { get; }

        /// <summary>The end of the client that connects.</summary>
        public required MuxStream Connecting { get; init; }

        /// <summary>The end of the client that serves.</summary>
        public required MuxStream Serving { get; init; }

        public required StreamBridge Bridge { get; init; }

        public required Task Running { get; init; }

        public static async Task<Joined> OpenAsync()
        {
            var connector = new TunnelPair();
            var device = new TunnelPair();
            MuxStream connecting = connector.Client.OpenStream().ShouldNotBeNull();
            await connecting.WriteAsync(FrameKind.Open, "{}"u8.ToArray());
            MuxStream first = await connector.ServerSide.AcceptAsync();
            await first.ExpectAsync(FrameKind.Open);
            (MuxStream second, MuxStream serving) = await device.OpenAsync();
            var bridge = new StreamBridge(first, second);
            return new Joined(connector, device) { Connecting = connecting, Serving = serving, Bridge = bridge, Running = bridge.RunAsync() };
        }

        private Joined(TunnelPair connector, TunnelPair device)
        {
            Connector = connector;
            Device = device;
        }

        public async ValueTask DisposeAsync()
        {
            await Connector.DisposeAsync();
            await Device.DisposeAsync();
        }
    }
}
