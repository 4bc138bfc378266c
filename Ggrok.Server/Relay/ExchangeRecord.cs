using System.Diagnostics;
using Ggrok.Server.Edge;
using Ggrok.Shared.Edge.ErrorPages;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Relay;

/// <summary>What the log says about one exchange when it is over.</summary>
public sealed class ExchangeRecord
{
    private List<ErrorPagesOptions>? _pages;

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

    /// <summary>The request's head may have reached the client.</summary>
    public bool IsSent { get; set; }

    /// <summary>The client has begun a response, be it an interim one.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>The time for the response head was set by the visitor: that it passed says nothing of the local service.</summary>
    public bool HasOwnLimit { get; set; }

    /// <summary>Forgets a try that failed, before another one.</summary>
    public void BeginAgain()
    {
        RequestBytes = 0;
        IsSent = IsAnswered = false;
    }

    /// <summary>Has a failure answered with one of these pages, if there is one for it; those added last come first.</summary>
    public void AddPages(ErrorPagesOptions pages) => (_pages ??= []).Add(pages);

    /// <summary>The page of somebody's own for an error, or null.</summary>
    public CustomPage? PageOf(RelayError error, bool isHtml)
    {
        for (int i = (_pages?.Count ?? 0) - 1; i >= 0; i--)
        {
            if (_pages![i].Find(error, isHtml) is { } page)
            {
                return page;
            }
        }

        return null;
    }
}
