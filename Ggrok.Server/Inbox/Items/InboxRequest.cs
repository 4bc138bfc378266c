using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Items;

/// <summary>The head of a stored request: as it came, and as it goes to the client.</summary>
internal sealed record InboxRequest
{
    /// <summary>HTTP version that the sender used.</summary>
    public required string Version { get; init; }

    /// <summary>Fields as they were received, without those of the connection.</summary>
    public required IReadOnlyList<string[]> Headers { get; init; }

    /// <summary>Correlation id.</summary>
    public required string RequestId { get; init; }

    /// <summary>Method, behind the policies.</summary>
    public required string RelayMethod { get; init; }

    /// <summary>Target, behind the policies and without a prefix that is taken off.</summary>
    public required string RelayTarget { get; init; }

    /// <summary>Scheme that the sender used.</summary>
    public required string Scheme { get; init; }

    /// <summary>Host, behind the policies.</summary>
    public required string Host { get; init; }

    /// <summary>Whether there is a body, be it an empty one.</summary>
    public required bool HasBody { get; init; }

    /// <summary>Fields for the local service.</summary>
    public required IReadOnlyList<string[]> RelayHeaders { get; init; }

    /// <summary>Fields as pairs, for JSON.</summary>
    public static IReadOnlyList<string[]> Pairs(IEnumerable<HeaderField> fields) => [.. fields.Select(f => new[] { f.Name, f.Value })];

    /// <summary>The request as it goes to the client, with an id, a time and a number of its own.</summary>
    public RequestHead ToHead(InboxItem item, int tunnelIndex)
    {
        var head = new RequestHead
        {
            Id = RequestId,
            Tunnel = tunnelIndex,
            Method = RelayMethod,
            Target = RelayTarget,
            Scheme = Scheme,
            Host = Host,
            Version = Version,
            Remote = item.Remote ?? "",
            HasBody = HasBody,
        };

        // Nobody waits to be told to go on: the body is here.
        head.Headers.AddRange(RelayHeaders.Where(h => !h[0].Equals("Expect", StringComparison.OrdinalIgnoreCase)).Select(h => new HeaderField(h[0], h[1])));
        head.Headers.Add(new(Visitors.VisitorHeaders.DeliveryId, item.Id));
        head.Headers.Add(new(Visitors.VisitorHeaders.Received, Rfc3339.Write(item.Received)));
        head.Headers.Add(new(Visitors.VisitorHeaders.Attempt, (item.Attempts + 1).ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return head;
    }
}
