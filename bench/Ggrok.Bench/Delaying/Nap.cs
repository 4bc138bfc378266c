using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ggrok.Bench.Delaying;

/// <summary>Sleeps to a fraction of a millisecond; <see cref="Thread.Sleep(int)"/> knows whole ones only.</summary>
internal static class Nap
{
    /// <param name="timestamp">As <see cref="Stopwatch.GetTimestamp"/> counts.</param>
    public static void Until(long timestamp)
    {
        // Signals wake a sleeper early.
        for (long left; (left = timestamp - Stopwatch.GetTimestamp()) > 0;)
        {
            (long seconds, long rest) = Math.DivRem(left, Stopwatch.Frequency);
            _ = Sleep(new TimeSpec((nint)seconds, (nint)(rest * 1_000_000_000 / Stopwatch.Frequency)), 0);
        }
    }

    [DllImport("libc", EntryPoint = "nanosleep")]
    private static extern int Sleep(in TimeSpec time, nint left);

    // struct timespec of Linux: both are as wide as a pointer.
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(nint Seconds, nint Nanoseconds);
}
