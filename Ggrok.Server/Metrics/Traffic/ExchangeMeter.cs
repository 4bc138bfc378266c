using Ggrok.Server.Metrics.Otlp;
using Ggrok.Server.Relay;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Metrics.Traffic;

/// <summary>Counts visitors' exchanges where they begin and end.</summary>
internal sealed class ExchangeMeter(TrafficStatistics traffic, LiveTail tail, TimeProvider time, Instruments? instruments = null)
{
    /// <summary>The tunnel of an exchange is known.</summary>
    public void Began(TunnelRoute route, ExchangeRecord record)
    {
        record.Traffic = traffic.Of(route);
        record.Traffic.Began();
    }

    /// <summary>An exchange is over.</summary>
    public void Ended(HttpContext context, ExchangeRecord record, TimeSpan elapsed)
    {
        TimeSpan? duration = record.IsUpgraded ? null : elapsed;
        if (record.Traffic is { } counted)
        {
            counted.Ended(record.Status, record.Error, record.RequestBytes, record.ResponseBytes, duration);
        }
        else
        {
            traffic.Unrouted.Count(record.Status, record.Error, record.RequestBytes, record.ResponseBytes, duration);
        }

        if (duration is not null)
        {
            instruments?.Measure(context, record, elapsed);
        }

        if (tail.IsWatched)
        {
            Tell(context, record, elapsed);
        }
    }

    private void Tell(HttpContext context, ExchangeRecord record, TimeSpan elapsed) => tail.Publish(new TailEntry(
        time.GetUtcNow(),
        record.Id,
        (record.Traffic ?? traffic.Unrouted).Name,
        Printable.Clean(context.Request.Host.Value),
        context.Request.Method,
        Printable.Clean(context.Request.Path.Value),
        record.Status,
        Math.Round(elapsed.TotalMilliseconds, 2),
        record.RequestBytes,
        record.ResponseBytes,
        record.Error == RelayError.None ? null : record.Error.ToString()));
}
