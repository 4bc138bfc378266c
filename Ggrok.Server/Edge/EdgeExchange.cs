using System.Net;
using Ggrok.Server.Relay;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.Service;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Server.Edge;

/// <summary>One request on its way through the policies of its tunnel. There is none for tunnels without policies.</summary>
public sealed class EdgeExchange
{
    private List<Action<EdgeExchange, HttpResponse>>? _onResponse;

    internal EdgeExchange(HttpContext context, RequestHead head, TunnelRoute route, ExchangeRecord record)
    {
        Context = context;
        Head = head;
        Route = route;
        Record = record;
        RemoteAddress = IPAddress.TryParse(head.Remote, out IPAddress? address) ? address : null;
        (Method, Scheme, Host, Remote) = (head.Method, head.Scheme, head.Host, head.Remote);
    }

    /// <summary>The visitor's request and response.</summary>
    public HttpContext Context { get; }

    /// <summary>
    /// What goes to the client; policies may change it until they go on. Not for <see cref="OnResponse"/>: by then it may be
    /// another request's.
    /// </summary>
    public RequestHead Head { get; }

    /// <summary>The tunnel.</summary>
    public TunnelRoute Route { get; }

    /// <summary>What the log will say.</summary>
    public ExchangeRecord Record { get; }

    /// <summary>The visitor's address, by the chain of trusted proxies; null where there is none, as on a Unix socket.</summary>
    public IPAddress? RemoteAddress { get; }

    /// <summary>Whether the visitor uses https, by the chain of trusted proxies.</summary>
    public bool IsHttps => Scheme == "https";

    /// <summary>The visitor's method.</summary>
    public string Method { get; }

    /// <summary><c>http</c> or <c>https</c>, as the visitor uses it, by the chain of trusted proxies.</summary>
    public string Scheme { get; }

    /// <summary>Host and port as the visitor asked for them.</summary>
    public string Host { get; }

    /// <summary>The visitor's address as text, by the chain of trusted proxies.</summary>
    public string Remote { get; }

    /// <summary>
    /// Whether a policy put something between the relay and the visitor that reads the response's body: then an empty flush
    /// of the pipe does not send the head.
    /// </summary>
    public bool IsBodyWrapped { get; set; }

    /// <summary>The target as the visitor sent it: raw path and query.</summary>
    public required string VisitorTarget { get; init; }

    /// <summary>Who the visitor is, as far as a policy has found out; null when nobody asked.</summary>
    public string? User { get; set; }

    /// <summary>Time for the response head instead of the server's; null for that.</summary>
    public TimeSpan? ResponseTimeout { get; set; }

    /// <summary>For how long the request is tried again where it fails; null for not at all.</summary>
    public RetryOptions? Retry { get; set; }

    /// <summary>How fast bodies, and the bytes of an upgrade, may go; null for as fast as they can.</summary>
    public Pacing? Pacing { get; set; }

    /// <summary>
    /// Refuses the request with a reason of its own, which stands in the answer beside what the error always says.
    /// </summary>
    /// <param name="error">The error.</param>
    /// <param name="reason">One sentence for the visitor; holds no secret.</param>
    public RelayError Refuse(RelayError error, string reason)
    {
        Record.Reason = reason;
        return error;
    }

    /// <summary>
    /// Has the head of the response seen, or changed, before it is sent: the local service's, and also the server's own
    /// answers, such as error pages. What was asked for last comes first: responses pass the policies the other way round.
    /// </summary>
    public void OnResponse(Action<EdgeExchange, HttpResponse> action) => (_onResponse ??= []).Add(action);

    /// <summary>Begins an answer that a policy gives itself; it adds fields and a body, and does not go on.</summary>
    /// <param name="status">Its status.</param>
    public HttpResponse Answer(int status)
    {
        HttpResponse response = Context.Response;
        response.StatusCode = status;
        response.Headers[Visitors.VisitorHeaders.RequestId] = Record.Id;
        ApplyToResponse(response);
        return response;
    }

    internal void ApplyToResponse(HttpResponse response)
    {
        for (int i = (_onResponse?.Count ?? 0) - 1; i >= 0; i--)
        {
            _onResponse![i](this, response);
        }
    }
}
