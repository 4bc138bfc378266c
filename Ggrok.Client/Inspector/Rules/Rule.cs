using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Rules;

/// <summary>What is done with requests of some kind in place of passing them on at once. Nothing of it changes.</summary>
internal sealed record Rule
{
    /// <summary>Status of a rule's errors where it says no other.</summary>
    public const int DefaultErrorStatus = 503;

    /// <summary>Its name, unique.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it acts.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Name of the tunnel that requests come through; null for any.</summary>
    public string? Tunnel { get; init; }

    /// <summary>Methods in upper case; none for any.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>Pattern of the path as it was sent, without the query; null for any.</summary>
    public string? Path { get; init; }

    /// <summary>Pattern of the host; null for any.</summary>
    public string? Host { get; init; }

    /// <summary>Name of a field that must be there; null for none.</summary>
    public string? HeaderName { get; init; }

    /// <summary>What the value of that field must have in it.</summary>
    public string HeaderPart { get; init; } = "";

    /// <summary>Requests wait until somebody releases them.</summary>
    public bool Hold { get; init; }

    /// <summary>Requests wait so long before anything else is done.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Share of requests that are answered with an error: 0 to 1.</summary>
    public double ErrorRate { get; init; }

    /// <summary>Status of these errors.</summary>
    public int ErrorStatus { get; init; } = DefaultErrorStatus;

    /// <summary>Answers requests in place of the local service; null for the service's own answer.</summary>
    public FixedResponse? Response { get; init; }

    /// <summary>File, line and name of a rule that is written in a file; else null.</summary>
    public string? Origin { get; init; }

    /// <summary>What cannot be about the rule as a whole, as a sentence that follows its name; null when nothing is wrong.</summary>
    public string? Problem() =>
        Hold && Response is not null ? "has hold and a fixed response; keep one of them: who releases a held request can answer it, too."
        : !Hold && Response is null && Latency == TimeSpan.Zero && ErrorRate == 0 ? "does nothing; say what shall be done: hold, a latency, an error rate or a fixed response."
        : null;

    /// <summary>Whether it is about a request.</summary>
    public bool Matches(string tunnel, RequestHead request) =>
        (Tunnel is null || Tunnel == tunnel)
        && (Methods.Count == 0 || Methods.Contains(request.Method, StringComparer.OrdinalIgnoreCase))
        && (Path is null || Wildcard.Matches(Path, RequestTarget.Path(request.Target), StringComparison.Ordinal))
        && (Host is null || MatchesHost(request.Host))
        && (HeaderName is null || MatchesHeader(request.Headers));

    private bool MatchesHost(string host)
    {
        int port = host.LastIndexOf(':');
        return Wildcard.Matches(Host, host, StringComparison.OrdinalIgnoreCase)
            || (port > host.LastIndexOf(']') && Wildcard.Matches(Host, host.AsSpan(0, port), StringComparison.OrdinalIgnoreCase));
    }

    private bool MatchesHeader(List<HeaderField> fields)
    {
        foreach (HeaderField field in fields)
        {
            if (field.Name.Equals(HeaderName, StringComparison.OrdinalIgnoreCase) && field.Value.Contains(HeaderPart, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
