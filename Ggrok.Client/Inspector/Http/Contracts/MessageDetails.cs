namespace Ggrok.Client.Inspector.Http.Contracts;

/// <summary>The messages of an exchange.</summary>
internal sealed record MessagePage(string Protocol, bool Truncated, IReadOnlyList<MessageDetails> Items);

/// <summary>One message; the schema Message in openapi.json says what each field means.</summary>
internal sealed record MessageDetails
{
    public required string Direction { get; init; }

    public required double AtMs { get; init; }

    public required string Kind { get; init; }

    public required long Bytes { get; init; }

    public string? Text { get; init; }

    public string? Base64 { get; init; }

    public string? Note { get; init; }
}
