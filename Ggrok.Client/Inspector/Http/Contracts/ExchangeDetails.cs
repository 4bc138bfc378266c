namespace Ggrok.Client.Inspector.Http.Contracts;

/// <summary>Everything about one exchange; the schema Exchange in openapi.json says what each field means.</summary>
internal sealed record ExchangeDetails
{
    public required ExchangeRow Summary { get; init; }

    public required RequestDetails Request { get; init; }

    public ResponseDetails? Response { get; init; }

    public FailureDetails? Failure { get; init; }

    public required TimingDetails Timings { get; init; }

    public WebhookDetails? Webhook { get; init; }

    public bool HasMessages { get; init; }

    public string? OtherTarget { get; init; }

    public required IReadOnlyList<long> Replays { get; init; }
}

/// <summary>The request of <see cref="ExchangeDetails"/>.</summary>
internal sealed record RequestDetails
{
    public required string Method { get; init; }

    public required string Target { get; init; }

    public required string Path { get; init; }

    public required IReadOnlyList<string[]> Query { get; init; }

    public required string Scheme { get; init; }

    public required string Host { get; init; }

    public required string Version { get; init; }

    public required string Remote { get; init; }

    public required IReadOnlyList<string[]> Headers { get; init; }

    public required IReadOnlyList<string[]> Cookies { get; init; }

    public IReadOnlyList<string[]>? Form { get; init; }

    public required BodyDetails Body { get; init; }
}

/// <summary>The response of <see cref="ExchangeDetails"/>.</summary>
internal sealed record ResponseDetails
{
    public required int Status { get; init; }

    public required string Reason { get; init; }

    public required IReadOnlyList<string[]> Headers { get; init; }

    public required IReadOnlyList<string[]> Trailers { get; init; }

    public required IReadOnlyList<string> Cookies { get; init; }

    public required BodyDetails Body { get; init; }
}

/// <summary>A body; the schema Body in openapi.json says what each field means.</summary>
internal sealed record BodyDetails
{
    public required long Bytes { get; init; }

    public required int KeptBytes { get; init; }

    public required bool Truncated { get; init; }

    public string? Type { get; init; }

    public required IReadOnlyList<string> Encodings { get; init; }

    public required int DecodedBytes { get; init; }

    public string? Text { get; init; }

    public string? Note { get; init; }
}

/// <summary>Phases in milliseconds.</summary>
internal sealed record TimingDetails
{
    public required double AtServerMs { get; init; }

    public double? TunnelMs { get; init; }

    public required double HeldMs { get; init; }

    public double? ConnectBeganMs { get; init; }

    public double? ConnectedMs { get; init; }

    public double? RequestSentMs { get; init; }

    public double? FirstByteMs { get; init; }

    public double? EndedMs { get; init; }
}

/// <summary>What a webhook is, and whether it is from whom it says.</summary>
internal sealed record WebhookDetails(string Provider, string? Event, string? DeliveryId, string Signature, string? Reason);

/// <summary>How an exchange failed, in words.</summary>
internal sealed record FailureDetails(string Name, string Title, string Advice);
