using System.Diagnostics;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Scenarios;

/// <summary>The speed of one download of the big file once its windows have grown.</summary>
internal static class SteadyDownload
{
    private static readonly TimeSpan Growing = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Bytes per second after the first two seconds or the first half of the file, over <paramref name="time"/> or until
    /// the file ends.
    /// </summary>
    /// <exception cref="InvalidOperationException">The download was refused or ended early.</exception>
    public static async Task<double> MeasureAsync(Entrance entrance, long fileLength, TimeSpan time, CancellationToken stop)
    {
        using BulkResponse response = await BulkResponse.BeginAsync(entrance, new byte[256 * 1024], stop).ConfigureAwait(false);
        long skipped = await ReadAsync(response, fileLength / 2, Growing, stop).ConfigureAwait(false);
        long started = Stopwatch.GetTimestamp();
        long measured = await ReadAsync(response, fileLength - skipped, time, stop).ConfigureAwait(false);
        return measured / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<long> ReadAsync(BulkResponse response, long atMost, TimeSpan atLongest, CancellationToken stop)
    {
        long started = Stopwatch.GetTimestamp();
        long arrived = 0;
        while (arrived < atMost && Stopwatch.GetElapsedTime(started) < atLongest)
        {
            int read = await response.ReadAsync(stop).ConfigureAwait(false);
            arrived += read > 0 ? read : throw new InvalidOperationException("A download over the long way ended early.");
        }

        return arrived;
    }
}
