using System.Diagnostics;
using Ggrok.Server.Edge;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Relay;

/// <summary>What the log says about one exchange when it is over.</summary>
public sealed class ExchangeRecord
{
    /// <summary>Correlation id.</summary>
    public required string Id { get; init; }

    /// <summary>Timestamp of the request's arrival.</summary>
    public required long Started { get; init; }

    /// <summary>Status that the visitor got; 0 while there is none.</summary>
    public int Status { get; set; }

    /// <summary>How the exchange failed.</summary>
    public RelayError Error { get; set; }

    /// <summary>Why the server refused the request, in a sentence for the visitor; null for what the error always says.</summary>
    public string? Reason { get; set; }

    /// <summary>The way through the policies; null for tunnels without any.</summary>
    public EdgeExchange? Edge { get; set; }

    /// <summary>Size of the request body in bytes.</summary>
    public long RequestBytes { get; set; }

    /// <summary>Size of the response body in bytes.</summary>
    public long ResponseBytes { get; set; }

    /// <summary>The connection was upgraded: its length is the visitor's choice.</summary>
    public bool IsUpgraded { get; set; }

    /// <summary>Its span; null where no traces are exported.</summary>
    internal Activity? Span { get; set; }

    /// <summary>Where it counts; null while no tunnel was found.</summary>
    internal Metrics.Traffic.TunnelTraffic? Traffic { get; set; }
}
