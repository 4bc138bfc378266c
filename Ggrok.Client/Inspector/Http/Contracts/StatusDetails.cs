namespace Ggrok.Client.Inspector.Http.Contracts;

/// <summary>What a program that writes needs.</summary>
internal sealed record SessionDetails(string Secret, string Version);

/// <summary>The client's session with the server; the schema Status in openapi.json says what each field means.</summary>
internal sealed record StatusDetails
{
    public required string Version { get; init; }

    public required string Server { get; init; }

    public required string State { get; init; }

    public string? Reason { get; init; }

    public DateTimeOffset? RetryAt { get; init; }

    public double? RoundTripMs { get; init; }

    public int? Connections { get; init; }

    public int? ConnectionsWanted { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required IReadOnlyList<TunnelDetails> Tunnels { get; init; }

    public required RecorderDetails Recorder { get; init; }

    public string? RecordFolder { get; init; }
}

/// <summary>One tunnel.</summary>
internal sealed record TunnelDetails(string Name, string Kind, string? Url, string Target);

/// <summary>How much is kept.</summary>
internal sealed record RecorderDetails(int Kept, int MaxExchanges, long Bytes, long MaxBytes, int MaxBodyBytes, long Recorded, long Evicted, long CutBodies);

/// <summary>Figures of one second; the schema of this name in openapi.json says what each field means.</summary>
internal sealed record StatsPoint
{
    public required DateTimeOffset At { get; init; }

    public int Requests { get; init; }

    public int Active { get; init; }

    public int Status1xx { get; init; }

    public int Status2xx { get; init; }

    public int Status3xx { get; init; }

    public int Status4xx { get; init; }

    public int Status5xx { get; init; }

    public int Errors { get; init; }

    public double? P50Ms { get; init; }

    public double? P95Ms { get; init; }

    public double? P99Ms { get; init; }

    public long RequestBytes { get; init; }

    public long ResponseBytes { get; init; }
}

/// <summary>Exchanges that came too fast to be told one by one.</summary>
internal sealed record SkippedDetails(int Count);

/// <summary>Why a request cannot be done (RFC 9457).</summary>
internal sealed record ProblemBody(string Title, int Status, string? Detail);
