using Ggrok.Server.Edge;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Server.Relay;
using Ggrok.Shared.Protocol;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Server.Inbox.Intake;

/// <summary>Makes what is stored of a request.</summary>
internal static class StoredRequest
{
    public static (InboxItem Item, InboxRequest Request) Of(EdgeExchange exchange, string tunnel, long bodyBytes, Sameness same, string id, DateTimeOffset now)
    {
        RequestHead head = exchange.Head;
        var item = new InboxItem
        {
            Id = id,
            Place = id,
            Tunnel = tunnel,
            Owner = InboxOwner.HashOf(exchange.Route),
            Method = exchange.Method,
            Target = exchange.VisitorTarget,
            Received = now,
            BodyBytes = bodyBytes,
            StoredBytes = bodyBytes,
            Provider = same.Provider,
            ProviderId = same.ProviderId,
            Sameness = same.Hash,
            Remote = head.Remote,
        };
        var request = new InboxRequest
        {
            Version = head.Version,
            Headers = Received(exchange.Context.Request.Headers),
            RequestId = head.Id,
            RelayMethod = head.Method,
            RelayTarget = head.Target,
            Scheme = head.Scheme,
            Host = head.Host,
            HasBody = head.HasBody,
            RelayHeaders = InboxRequest.Pairs(head.Headers),
        };
        return (item, request);
    }

    private static List<string[]> Received(IHeaderDictionary fields)
    {
        var received = new List<string[]>();
        StringValues connection = fields.Connection;
        foreach ((string name, StringValues values) in fields)
        {
            if (name[0] != ':' && !HopByHop.Is(name) && !HopByHop.IsNominated(connection, name))
            {
                received.AddRange(values.Select(value => new[] { name, value ?? "" }));
            }
        }

        return received;
    }
}
