using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>An exchange as it was recorded, running or over. Nothing of it changes.</summary>
internal sealed record ExchangeSnapshot
{
    /// <summary>Counts from 1 within one run of the client.</summary>
    public required long Number { get; init; }

    /// <summary>Name of the tunnel.</summary>
    public required string Tunnel { get; init; }

    /// <summary>How far it is.</summary>
    public required ExchangeState State { get; init; }

    /// <summary>Where the request came from.</summary>
    public ExchangeSource Source { get; init; }

    /// <summary>Number of the exchange that this one repeats, or null.</summary>
    public long? ReplayOf { get; init; }

    /// <summary>When the request arrived at the client.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the phases were reached.</summary>
    public ExchangeTimings Timings { get; init; }

    /// <summary>The request's envelope; its Id is the correlation id.</summary>
    public required RequestHead Request { get; init; }

    /// <summary>The request's body.</summary>
    public CapturedBody RequestBody { get; init; } = CapturedBody.Empty;

    /// <summary>The response's envelope; null while there is none.</summary>
    public ResponseHead? Response { get; init; }

    /// <summary>The response's body.</summary>
    public CapturedBody ResponseBody { get; init; } = CapturedBody.Empty;

    /// <summary>Trailers of the response (RFC 9110 section 6.5).</summary>
    public IReadOnlyList<HeaderField> ResponseTrailers { get; init; } = [];

    /// <summary><see cref="RelayError.None"/>, or how it failed.</summary>
    public RelayError Error { get; init; }

    /// <summary>Whose webhook it is, or null; its signature is not verified.</summary>
    public WebhookInfo? Webhook { get; init; }

    /// <summary>Name of the rule that answered, delayed or held it, or null.</summary>
    public string? Rule { get; init; }

    /// <summary>The request that the local service saw is not the one that arrived: somebody changed it while it was held.</summary>
    public bool WasEdited { get; init; }

    /// <summary>Address that the request was sent to, when it is not the tunnel's own.</summary>
    public string? OtherTarget { get; init; }
}
