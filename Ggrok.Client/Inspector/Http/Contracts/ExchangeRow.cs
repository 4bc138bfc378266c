namespace Ggrok.Client.Inspector.Http.Contracts;

/// <summary>A row of the list; the schema ExchangeSummary in openapi.json says what each field means.</summary>
internal sealed record ExchangeRow
{
    public required long Number { get; init; }

    public required string Id { get; init; }

    public required string Tunnel { get; init; }

    public required string Source { get; init; }

    public required string State { get; init; }

    public required string Kind { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required string Method { get; init; }

    public required string Target { get; init; }

    public required string Host { get; init; }

    public required string Remote { get; init; }

    public required int Status { get; init; }

    public string? Error { get; init; }

    public required double DurationMs { get; init; }

    public required long RequestBytes { get; init; }

    public required long ResponseBytes { get; init; }

    public string? RequestType { get; init; }

    public string? ResponseType { get; init; }

    public long? ReplayOf { get; init; }

    public string? Rule { get; init; }

    public bool Edited { get; init; }

    public string? Webhook { get; init; }

    public DeliveryDetails? Delivery { get; init; }
}

/// <summary>A part of the list.</summary>
internal sealed record ExchangePage(IReadOnlyList<ExchangeRow> Items, bool More);
