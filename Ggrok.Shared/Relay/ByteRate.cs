namespace Ggrok.Shared.Relay;

/// <summary>
/// Bytes in a time, shared by many streams: each asks for a turn, and turns follow each other at the rate. Who is late is
/// not punished, up to a little.
/// </summary>
/// <param name="bytesPerSecond">The rate; at least 1.</param>
/// <param name="time">Clock.</param>
public sealed class ByteRate(long bytesPerSecond, TimeProvider time)
{
    // Timers fire late, more so on a machine that is busy: what was not used meanwhile may be made up for.
    private static readonly long MakeUp = TimeSpan.FromMilliseconds(50).Ticks;

    private readonly Lock _gate = new();
    private readonly long _started = time.GetTimestamp();

    // In ticks since the start. Ahead of now by what has been promised.
    private double _next;

    /// <summary>Takes the next turn, for so many bytes; returns the time until it comes, or zero when it has come.</summary>
    public TimeSpan Reserve(int bytes)
    {
        double now = time.GetElapsedTime(_started).Ticks;
        lock (_gate)
        {
            double turn = Math.Max(_next, now - MakeUp);
            _next = turn + (bytes * (double)TimeSpan.TicksPerSecond / bytesPerSecond);
            return turn <= now ? TimeSpan.Zero : TimeSpan.FromTicks((long)(turn - now));
        }
    }

    /// <summary>Gives a turn back that is not used: others come sooner by as much.</summary>
    /// <param name="bytes">For how many bytes it was.</param>
    public void Return(int bytes)
    {
        lock (_gate)
        {
            _next -= bytes * (double)TimeSpan.TicksPerSecond / bytesPerSecond;
        }
    }
}
