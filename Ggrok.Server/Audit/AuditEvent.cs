using System.Text.Json.Serialization;

namespace Ggrok.Server.Audit;

/// <summary>One line of the audit log. What does not apply is left out.</summary>
/// <param name="Event">What happened: one of the names in docs/tokens.md.</param>
internal sealed record AuditEvent(string Event)
{
    /// <summary>When, in UTC.</summary>
    [JsonPropertyOrder(-1)]
    public DateTime Time { get; init; }

    /// <summary>Name of the token or certificate.</summary>
    public string? Token { get; init; }

    /// <summary>What the client calls itself.</summary>
    public string? Client { get; init; }

    /// <summary>The client's own address.</summary>
    public string? Remote { get; init; }

    /// <summary>Id of the session, as in the server's log.</summary>
    public string? Session { get; init; }

    /// <summary>Public addresses and private names that were given.</summary>
    public IReadOnlyList<string>? Tunnels { get; init; }

    /// <summary>Private names that the session may connect to.</summary>
    public IReadOnlyList<string>? Connects { get; init; }

    /// <summary>Name of the refusal.</summary>
    public string? Code { get; init; }

    /// <summary>Why: a sentence, or the name of a close reason.</summary>
    public string? Reason { get; init; }

    /// <summary>What a token allows, as words.</summary>
    public string? Grants { get; init; }

    /// <summary>Who asked for it.</summary>
    public string? By { get; init; }

    /// <summary>Names of tokens that are new.</summary>
    public IReadOnlyList<string>? Added { get; init; }

    /// <summary>Names of tokens that are gone.</summary>
    public IReadOnlyList<string>? Removed { get; init; }

    /// <summary>Names of tokens that allow something else.</summary>
    public IReadOnlyList<string>? Changed { get; init; }

    /// <summary>Lines that found no room.</summary>
    public long? Lines { get; init; }

    /// <summary>Seconds that the address must wait.</summary>
    public int? Seconds { get; init; }
}

/// <summary>Source-generated JSON of the audit log: one line each, control characters and all beyond ASCII escaped.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditEvent))]
internal sealed partial class AuditJson : JsonSerializerContext;
