using Ggrok.Server.Edge.Credentials;
using Ggrok.Shared.Edge.Rewrite;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Rewrite;

/// <summary>Changes target and fields of requests, and fields of responses.</summary>
internal sealed class RewritePolicy(RewriteOptions options) : IEdgePolicy, IResponsePolicy
{
    private readonly TargetRewriter _target = new(options);

    public void Begin(EdgeExchange exchange)
    {
        if (options.Response.Count > 0)
        {
            exchange.OnResponse(ChangeResponse);
        }
    }

    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        if (!_target.TryRewrite(exchange.Head))
        {
            return ValueTask.FromResult(exchange.Refuse(RelayError.RequestInvalid, "The address cannot be rewritten for the local service: it would leave the place that it was given."));
        }

        foreach (HeaderRule rule in options.Request)
        {
            Change(exchange.Head.Headers, rule, rule.Value?.Fill(v => RewriteVariables.ValueOf(v, exchange)));
        }

        return next.InvokeAsync();
    }

    private static void Change(List<HeaderField> headers, HeaderRule rule, string? value)
    {
        if (rule.Action != HeaderAction.Add)
        {
            headers.RemoveAll(f => rule.IsAbout(f.Name));
        }

        if (!string.IsNullOrEmpty(value))
        {
            headers.Add(new HeaderField(rule.Name, value));
        }
    }

    private void ChangeResponse(EdgeExchange exchange, HttpResponse response)
    {
        foreach (HeaderRule rule in options.Response)
        {
            string? value = rule.Value?.Fill(v => RewriteVariables.ValueOf(v, exchange));
            if (rule.Action != HeaderAction.Add)
            {
                Remove(response.Headers, rule.Name);
            }

            if (!string.IsNullOrEmpty(value))
            {
                response.Headers.Append(rule.Name, value);
            }
        }
    }

    // Cookies of the server's own, as of a login, are none of the tunnel's.
    private static void Remove(IHeaderDictionary fields, string name)
    {
        string?[] kept = name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase)
            ? [.. fields.SetCookie.Where(c => OwnCookies.IsSetBy(new HeaderField("Set-Cookie", c ?? "")))]
            : [];
        if (kept.Length > 0)
        {
            fields.SetCookie = kept;
        }
        else
        {
            fields.Remove(name);
        }
    }
}

/// <summary>Makes <see cref="RewritePolicy"/>.</summary>
internal sealed class RewritePolicyFactory : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Rewrite;

    public IEnumerable<string> Keys => RewriteOptions.Keys.Select(k => k.Name);

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) => new RewritePolicy(RewriteOptions.Parse(
        values.Single(RewriteOptions.StripKey),
        values.All(RewriteOptions.TargetKey),
        values.Single(RewriteOptions.AddKey),
        values.All(RewriteOptions.RequestKey),
        values.All(RewriteOptions.ResponseKey)));
}
