using Ggrok.Shared.Webhooks;

namespace Ggrok.Client.Inspector;

/// <summary>Where and how much of the traffic can be looked at.</summary>
public sealed record InspectOptions
{
    /// <summary>Port that is tried first when none is asked for.</summary>
    public const int DefaultPort = 4040;

    /// <summary>Port of the page on the loopback interface; 0 for any; null for <see cref="DefaultPort"/> or the next free one.</summary>
    public int? Port { get; init; }

    /// <summary>Exchanges that are kept.</summary>
    public int MaxExchanges { get; init; } = 10_000;

    /// <summary>Memory for them in bytes.</summary>
    public int MaxBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Secrets by which the signatures of webhooks are verified.</summary>
    public IReadOnlyDictionary<WebhookProvider, IReadOnlyList<string>> WebhookSecrets { get; init; } = new Dictionary<WebhookProvider, IReadOnlyList<string>>();

    /// <summary>So many bytes of each body are kept.</summary>
    public int MaxBodyBytes { get; init; } = 64 * 1024;

    /// <summary>Names of fields, parameters and members whose values are secrets, besides the usual ones.</summary>
    public IReadOnlyList<string> Redact { get; init; } = [];

    /// <summary>Whether there is a page; without, exchanges are recorded to disk only.</summary>
    public bool HasPage { get; init; } = true;

    /// <summary>Where exchanges are recorded to disk; null for nowhere.</summary>
    public RecordOptions? Record { get; init; }
}
