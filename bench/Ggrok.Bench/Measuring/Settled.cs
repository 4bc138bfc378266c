namespace Ggrok.Bench.Measuring;

/// <summary>Reads memory once it has stopped moving.</summary>
internal static class Settled
{
    private const double Still = 0.002;
    private const int Attempts = 15;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Resident memory in KiB, as soon as it was the same a second before, or after 15 s.</summary>
    public static async Task<double> KibibytesAsync(ProcessTree process, CancellationToken stop)
    {
        process.Root.ThrowIfEnded();
        double last = process.ResidentKibibytes;
        for (int i = 0; i < Attempts; i++)
        {
            await Task.Delay(Interval, stop).ConfigureAwait(false);
            double now = process.ResidentKibibytes;
            if (Math.Abs(now - last) < last * Still)
            {
                return now;
            }

            last = now;
        }

        return last;
    }
}
