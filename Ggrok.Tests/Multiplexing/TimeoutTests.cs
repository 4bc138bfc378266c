using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>Deadlines and idle times of streams. Time moves by hand.</summary>
public class TimeoutTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_deadline_resets_its_stream_at_both_ends_and_no_other()
    {
        await using var pair = new TunnelPair();
        (MuxStream late, MuxStream lateClient) = await pair.OpenAsync();
        (MuxStream lifted, _) = await pair.OpenAsync();
        late.SetDeadline(TimeSpan.FromSeconds(10), RelayError.ResponseHeadTimeout);
        lifted.SetDeadline(TimeSpan.FromSeconds(10), RelayError.ResponseHeadTimeout);
        lifted.ClearDeadline();

        pair.Tick(TimeSpan.FromSeconds(9));
        late.Error.ShouldBe(RelayError.None);
        pair.Tick(TimeSpan.FromSeconds(1));

        (late.Error, lifted.Error).ShouldBe((RelayError.ResponseHeadTimeout, RelayError.None));
        (await lateClient.ExpectResetAsync()).ShouldBe(RelayError.ResponseHeadTimeout);
    }

    [Fact]
    public async Task A_deadline_that_is_set_between_two_ticks_is_late_rather_than_early()
    {
        await using var pair = new TunnelPair();
        (MuxStream stream, _) = await pair.OpenAsync();
        pair.Time.Advance(TimeSpan.FromMilliseconds(900));
        stream.SetDeadline(TimeSpan.FromMilliseconds(900), RelayError.ResponseHeadTimeout);

        pair.Tick(TimeSpan.FromMilliseconds(899));
        stream.Error.ShouldBe(RelayError.None);
        pair.Tick(TimeSpan.FromMilliseconds(1));

        stream.Error.ShouldBe(RelayError.ResponseHeadTimeout);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_deadline_of_no_time_is_none(int seconds)
    {
        await using var pair = new TunnelPair();
        (MuxStream stream, _) = await pair.OpenAsync();
        stream.SetDeadline(TimeSpan.FromSeconds(seconds), RelayError.ResponseHeadTimeout);

        pair.Tick(TimeSpan.FromSeconds(30));

        stream.Error.ShouldBe(RelayError.None);
    }

    [Theory]
    [InlineData(0, RelayError.None)]
    [InlineData(90, RelayError.None)]
    [InlineData(10, RelayError.StreamIdle)]
    public async Task A_stream_may_have_an_idle_time_of_its_own_and_none_at_all(int seconds, RelayError expected)
    {
        await using var pair = new TunnelPair(idle: seconds < Idle.TotalSeconds && seconds > 0 ? TimeSpan.Zero : Idle);
        (MuxStream stream, _) = await pair.OpenAsync();
        stream.SetIdleTimeout(TimeSpan.FromSeconds(seconds));

        pair.Tick(TimeSpan.FromSeconds(50));
        pair.Tick(TimeSpan.FromSeconds(11));

        stream.Error.ShouldBe(expected);
    }

    [Fact]
    public async Task A_stream_without_a_frame_for_the_idle_time_is_reset()
    {
        await using var pair = new TunnelPair(idle: Idle);
        (MuxStream idle, _) = await pair.OpenAsync();
        (MuxStream writing, MuxStream writingClient) = await pair.OpenAsync();
        (MuxStream reading, MuxStream readingClient) = await pair.OpenAsync();

        pair.Tick(TimeSpan.FromSeconds(50));
        await writing.WriteAsync(FrameKind.Data, new byte[1]);
        await readingClient.WriteAsync(FrameKind.Data, new byte[1]);
        await reading.ExpectAsync(FrameKind.Data);
        await writingClient.ExpectAsync(FrameKind.Data);
        pair.Tick(TimeSpan.FromSeconds(11));

        idle.Error.ShouldBe(RelayError.StreamIdle);
        (writing.Error, reading.Error).ShouldBe((RelayError.None, RelayError.None));
    }

    // A visitor who takes a large download slowly reads, though no frame moves for as long as a quarter of the window lasts.
    [Fact]
    public async Task A_slow_reader_is_not_idle()
    {
        await using var peer = new LonePeer(idle: Idle);
        MuxStream stream = await peer.OpenAsync();
        for (int i = 0; i < 3; i++)
        {
            peer.Send(Frames.Of(FrameKind.Data, 2, new byte[ProtocolLimits.MaxDataBytes]));
        }

        await peer.SettleAsync();
        for (int i = 0; i < 3; i++)
        {
            peer.Time.Advance(TimeSpan.FromSeconds(40));
            peer.Connection.Tick();
            await stream.TakeAsync(ProtocolLimits.MaxDataBytes);
            await peer.SettleAsync();
        }

        stream.Error.ShouldBe(RelayError.None);
    }

    [Fact]
    public async Task A_writer_that_is_given_credit_is_not_idle()
    {
        await using var peer = new LonePeer(idle: Idle);
        MuxStream stream = await peer.OpenAsync();
        Task<bool> write = stream.WriteAsync(FrameKind.Data, new byte[ProtocolLimits.InitialWindowBytes + 3]).AsTask();
        for (int i = 0; i < 3; i++)
        {
            write.IsCompleted.ShouldBeFalse();
            peer.Time.Advance(TimeSpan.FromSeconds(40));
            peer.Connection.Tick();
            peer.Send(Frames.Credit(2, 1));
            await peer.SettleAsync();
        }

        (await Within.Bound(write, "the write")).ShouldBeTrue();
        stream.Error.ShouldBe(RelayError.None);
    }

    [Fact]
    public async Task Streams_wait_for_ever_without_an_idle_time()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        for (int i = 0; i < 100; i++)
        {
            peer.Time.Advance(TimeSpan.FromSeconds(20));
            peer.Connection.Tick();
            await peer.SettleAsync();
        }

        stream.Error.ShouldBe(RelayError.None);
    }
}
