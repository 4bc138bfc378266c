using Ggrok.Shared.Edge.Transport;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Transport;

/// <summary>Has visitors use https.</summary>
internal sealed class TransportPolicy(TransportOptions options) : IEdgePolicy
{
    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        if (exchange.IsHttps)
        {
            if (options.Hsts is not null)
            {
                exchange.OnResponse((_, response) => response.Headers.StrictTransportSecurity = options.Hsts);
            }

            return next.InvokeAsync();
        }

        // Over http the field would say nothing (RFC 6797 section 7.2).
        return !options.IsHttpsOnly ? next.InvokeAsync() : ValueTask.FromResult(Redirect(exchange));
    }

    // A request with a body has sent it in the clear already: its sender shall notice, rather than be sent on each time.
    private static RelayError Redirect(EdgeExchange exchange)
    {
        if (exchange.Head.Upgrade is not null || !(HttpMethods.IsGet(exchange.Method) || HttpMethods.IsHead(exchange.Method)))
        {
            return RelayError.HttpsRequired;
        }

        // The registered name, not what the visitor wrote.
        string target = exchange.VisitorTarget == "*" ? "/" : exchange.VisitorTarget;
        HttpResponse response = exchange.Answer(StatusCodes.Status308PermanentRedirect);
        response.Headers.Location = $"https://{exchange.Route.Key.Host}{target}";
        response.Headers.CacheControl = "no-store";
        return RelayError.None;
    }
}

/// <summary>Makes <see cref="TransportPolicy"/>.</summary>
internal sealed class TransportPolicyFactory : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Transport;

    public IEnumerable<string> Keys => TransportOptions.Keys.Select(k => k.Name);

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) =>
        new TransportPolicy(TransportOptions.Parse(values.IsOn(TransportOptions.HttpsOnlyKey), values.Single(TransportOptions.HstsKey)));
}
