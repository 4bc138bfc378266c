using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Relay;

/// <summary>Has the bytes of one direction wait for their turn.</summary>
public sealed class Pace
{
    /// <summary>Bytes for which a stream asks at a time, at most: streams that share a rate then have equal parts of it.</summary>
    public const int PieceBytes = 16 * 1024;

    // A wait costs a timer. Shorter ones are added up; the turns are as late as they would be anyway.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(5);

    // Shorter than anything that counts as idle.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly ByteRate[] _rates;
    private readonly TimeProvider _time;

    /// <param name="rates">Each of them holds.</param>
    /// <param name="time">Clock.</param>
    public Pace(IEnumerable<ByteRate> rates, TimeProvider time)
    {
        _rates = [.. rates];
        _time = time;
    }

    /// <summary>What holds where both hold.</summary>
    public static Pace? Join(Pace? one, Pace? other) =>
        one is null ? other : other is null ? one : new Pace(one._rates.Concat(other._rates), one._time);

    /// <summary>Completes when so many bytes may go, or the stream is over.</summary>
    public ValueTask WaitAsync(int bytes, MuxStream stream)
    {
        if (stream.Error != RelayError.None)
        {
            return ValueTask.CompletedTask;
        }

        TimeSpan wait = TimeSpan.Zero;
        foreach (ByteRate rate in _rates)
        {
            TimeSpan own = rate.Reserve(bytes);
            wait = own > wait ? own : wait;
        }

        return wait < ShortestWait ? ValueTask.CompletedTask : new ValueTask(DelayAsync(wait, bytes, stream));
    }

    private async Task DelayAsync(TimeSpan wait, int bytes, MuxStream stream)
    {
        CancellationToken over = stream.Aborted;
        while (wait > TimeSpan.Zero && !over.IsCancellationRequested)
        {
            // Who waits for its turn is not idle.
            TimeSpan part = wait < LongestWait ? wait : LongestWait;
            await Task.Delay(part, _time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stream.Touch();
            wait -= part;
        }

        if (stream.Error != RelayError.None)
        {
            // Those who asked and left must not keep the others waiting.
            foreach (ByteRate rate in _rates)
            {
                rate.Return(bytes);
            }
        }
    }
}

/// <summary>How fast the bytes of a tunnel may go.</summary>
/// <param name="FromVisitor">From visitors to the local service; null for as fast as they can.</param>
/// <param name="ToVisitor">To visitors; null for as fast as they can.</param>
public sealed record Pacing(Pace? FromVisitor, Pace? ToVisitor)
{
    /// <summary>What holds where both hold.</summary>
    public static Pacing? Join(Pacing? one, Pacing? other) => one is null ? other : other is null ? one
        : new Pacing(Pace.Join(one.FromVisitor, other.FromVisitor), Pace.Join(one.ToVisitor, other.ToVisitor));
}
