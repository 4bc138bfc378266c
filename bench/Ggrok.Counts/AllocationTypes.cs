using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace Ggrok.Counts;

/// <summary>Which types the allocated bytes belong to: the runtime names one of them every 100 KB.</summary>
internal sealed class AllocationTypes : EventListener
{
    private const EventKeywords Collector = (EventKeywords)1;

    private readonly ConcurrentDictionary<string, long> _bytes = new();

    /// <summary>The types with the most bytes since the last call, most first.</summary>
    public IEnumerable<(string Type, long Bytes)> Take()
    {
        KeyValuePair<string, long>[] seen = [.. _bytes];
        _bytes.Clear();
        return seen.OrderByDescending(s => s.Value).Take(12).Select(s => (s.Key, s.Value));
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Verbose, Collector);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) != true)
        {
            return;
        }

        int type = eventData.PayloadNames!.IndexOf("TypeName");
        int amount = eventData.PayloadNames.IndexOf("AllocationAmount64");
        _bytes.AddOrUpdate((string)eventData.Payload![type]!, (long)(ulong)eventData.Payload[amount]!, (_, sum) => sum + (long)(ulong)eventData.Payload[amount]!);
    }
}
