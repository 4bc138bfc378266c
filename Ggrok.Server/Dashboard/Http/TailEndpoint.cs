using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Server.Dashboard.Access;
using Ggrok.Server.Dashboard.Http.Contracts;
using Ggrok.Server.Metrics.Traffic;

namespace Ggrok.Server.Dashboard.Http;

/// <summary>
/// Exchanges as they end, as server-sent events, some times a second; and a point of the figures each second. The relay does not
/// wait for readers: who is too slow is told how many went by.
/// </summary>
internal sealed class TailEndpoint(LiveTail tail, TrafficStatistics traffic, AdminSessions sessions, AdminAccess admin, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private const int LooksInASecond = 5;
    private const int MostAtOnce = 200;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1) / LooksInASecond;

    /// <summary>Tells until the reader leaves, its session or token is over or the server stops.</summary>
    /// <exception cref="ApiException">Too many read already.</exception>
    public async Task SendAsync(HttpContext context, Administrator by)
    {
        using LiveTail.Watcher watcher = tail.Watch() ?? throw new ApiException(
            StatusCodes.Status503ServiceUnavailable, "Too many watch already.", "Close a page that shows the server's traffic.");
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        context.Response.ContentType = "text/event-stream";
        using var clock = new PeriodicTimer(Pause, time);
        try
        {
            for (long look = 0; by.Session is null ? admin.IsStillAdmin(by.Identity) : sessions.IsValid(by.Session); look++)
            {
                await EntriesAsync(context, watcher).ConfigureAwait(false);
                if (look % LooksInASecond == 0)
                {
                    await WriteAsync(context, "stats", traffic.Points(null, 1, minutes: false, Figures.Of)[0], DashboardJson.Relaxed.PointBody).ConfigureAwait(false);
                }

                await context.Response.Body.FlushAsync(ends.Token).ConfigureAwait(false);
                await clock.WaitForNextTickAsync(ends.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // Over.
        }
    }

    private static async Task EntriesAsync(HttpContext context, LiveTail.Watcher watcher)
    {
        var entries = new List<TailEntry>();
        int missed = watcher.TakeMissed();
        while (watcher.Entries.TryRead(out TailEntry? entry))
        {
            if (entries.Count < MostAtOnce)
            {
                entries.Add(entry);
            }
            else
            {
                missed++;
            }
        }

        if (entries.Count > 0)
        {
            await WriteAsync(context, "exchanges", entries, DashboardJson.Relaxed.IReadOnlyListTailEntry).ConfigureAwait(false);
        }

        if (missed > 0)
        {
            await WriteAsync(context, "missed", new MissedBody(missed), DashboardJson.Relaxed.MissedBody).ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync<T>(HttpContext context, string name, T value, JsonTypeInfo<T> type)
    {
        // JSON on one line has no line breaks of its own.
        byte[] message = [.. System.Text.Encoding.ASCII.GetBytes($"event: {name}\ndata: "), .. JsonSerializer.SerializeToUtf8Bytes(value, type), .. "\n\n"u8];
        await context.Response.Body.WriteAsync(message, context.RequestAborted).ConfigureAwait(false);
    }
}
