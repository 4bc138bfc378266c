using System.Text.Json.Serialization;

namespace Ggrok.Client.Inspector.Http.Contracts;

/// <summary>A rule; the schema Rule in openapi.json says what each field means.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record RuleDetails
{
    public required string Name { get; init; }

    public bool? Enabled { get; init; }

    public string? Tunnel { get; init; }

    public string? Method { get; init; }

    public string? Path { get; init; }

    public string? Host { get; init; }

    public string? Header { get; init; }

    public bool? Hold { get; init; }

    public double? LatencyMs { get; init; }

    public double? ErrorRate { get; init; }

    public int? ErrorStatus { get; init; }

    public FixedResponseDetails? Respond { get; init; }

    public string? Origin { get; init; }

    public long Hits { get; init; }
}

/// <summary>A response that somebody wrote.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record FixedResponseDetails
{
    public required int Status { get; init; }

    public IReadOnlyList<string[]>? Headers { get; init; }

    public string? Body { get; init; }

    public string? BodyBase64 { get; init; }
}
