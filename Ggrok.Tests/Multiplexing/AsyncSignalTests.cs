using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>Reusable waits: one signal is one wake-up, and a wait that is set up again is not woken by the one before.</summary>
public class AsyncSignalTests
{
    [Fact]
    public void A_signal_before_the_wait_is_kept_once()
    {
        var signal = new AsyncSignal();
        signal.Set(inline: false);
        signal.Set(inline: false);

        signal.WaitAsync().AsTask().IsCompleted.ShouldBeTrue();
        signal.WaitAsync().AsTask().IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task No_wake_up_is_lost_or_invented()
    {
        var signal = new AsyncSignal();
        int produced = 0;
        const int Total = 300_000;
        Task producing = Task.Run(() =>
        {
            for (int i = 0; i < Total; i++)
            {
                Volatile.Write(ref produced, i + 1);
                signal.Set(inline: false);
            }
        });
        Task consuming = Task.Run(async () =>
        {
            int seen = 0;
            while (seen < Total)
            {
                await signal.WaitAsync();
                seen = Volatile.Read(ref produced);
            }
        });

        await Within.Bound(Task.WhenAll(producing, consuming), "the consumer");
    }

    [Fact]
    public async Task A_reader_that_keeps_up_gets_each_frame_once()
    {
        var queue = new InboundQueue(new WindowBudget(0), new MuxStatistics());
        MessageBuffer message = MessageBuffer.Rent();
        const int Total = 200_000;
        int credit = ProtocolLimits.InitialWindowBytes;
        Task reading = Task.Run(async () =>
        {
            long sum = 0;
            while (sum < Total)
            {
                InboundFrame frame = await queue.ReadAsync();
                frame.Kind.ShouldBe(FrameKind.Data);
                sum += frame.Payload.Length;
                Interlocked.Add(ref credit, queue.Advance());
            }

            sum.ShouldBe(Total);
        });
        Task writing = Task.Run(() =>
        {
            for (int i = 0; i < Total; i++)
            {
                SpinWait.SpinUntil(() => Volatile.Read(ref credit) > 0 || reading.IsFaulted);
                Interlocked.Decrement(ref credit);
                if (queue.Enqueue(FrameKind.Data, FrameFlags.None, new ReceivedPayload(message, 0, 1)))
                {
                    queue.Wake();
                }
            }
        });

        await Within.Bound(Task.WhenAll(reading, writing), "the reader");
    }
}
