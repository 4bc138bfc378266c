namespace Ggrok.Server.Metrics.Traffic;

/// <summary>Figures of one second or one minute.</summary>
internal struct TrafficPoint
{
    /// <summary>Its beginning, in seconds since 1970; 0 when it was never filled.</summary>
    public long At;

    /// <summary>Bytes from visitors, raw ones included.</summary>
    public long BytesIn;

    /// <summary>Bytes to visitors, raw ones included.</summary>
    public long BytesOut;

    /// <summary>Exchanges that ended.</summary>
    public int Requests;

    /// <summary>Exchanges and raw connections that failed.</summary>
    public int Errors;

    /// <summary>Responses with 2xx.</summary>
    public int Successes;

    /// <summary>Responses with 3xx.</summary>
    public int Redirections;

    /// <summary>Responses with 4xx.</summary>
    public int ClientErrors;

    /// <summary>Responses with 5xx.</summary>
    public int ServerErrors;

    /// <summary>Raw connections that ended.</summary>
    public int RawConnections;

    /// <summary>The most exchanges and raw connections that ran at a time it was looked at.</summary>
    public int Running;

    /// <summary>Median duration in milliseconds; NaN without any.</summary>
    public float P50;

    /// <summary>95th percentile in milliseconds; NaN without any.</summary>
    public float P95;

    /// <summary>99th percentile in milliseconds; NaN without any.</summary>
    public float P99;

    /// <summary>An empty point.</summary>
    public static TrafficPoint Empty(long at) => new() { At = at, P50 = float.NaN, P95 = float.NaN, P99 = float.NaN };

    /// <summary>Adds what was counted since the last look.</summary>
    public void Add(ReadOnlySpan<long> delta, int running)
    {
        Requests += (int)Figure.Requests(delta);
        Errors += (int)delta[Figure.Errors];
        Successes += (int)delta[2];
        Redirections += (int)delta[3];
        ClientErrors += (int)delta[4];
        ServerErrors += (int)delta[5];
        RawConnections += (int)delta[Figure.RawConnections];
        BytesIn += delta[Figure.RequestBytes] + delta[Figure.RawReceived];
        BytesOut += delta[Figure.ResponseBytes] + delta[Figure.RawSent];
        Running = Math.Max(Running, running);
    }

    /// <summary>Sets the percentiles from buckets of durations.</summary>
    public void Measure(ReadOnlySpan<long> latency)
    {
        P50 = Percentile(latency, 0.5);
        P95 = Percentile(latency, 0.95);
        P99 = Percentile(latency, 0.99);
    }

    private static float Percentile(ReadOnlySpan<long> latency, double share) =>
        Ggrok.Shared.Figures.LatencyScale.Percentile(latency, share) is { } ms ? (float)ms : float.NaN;
}
