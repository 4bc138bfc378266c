using System.Globalization;
using Ggrok.Shared.Edge.Cors;
using Ggrok.Shared.Protocol;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Server.Edge.Cors;

/// <summary>
/// Answers the questions of browsers about requests of other origins, and says in every response who may read it. Whatever
/// the local service says about that is replaced: two answers would be none to a browser.
/// </summary>
internal sealed class CorsPolicy(CorsOptions options) : IEdgePolicy, IResponsePolicy
{
    private const string FieldPrefix = "Access-Control-";

    private readonly string _maxAge = ((long)options.MaxAge.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    public void Begin(EdgeExchange exchange)
    {
        if (exchange.Head.Upgrade is null)
        {
            exchange.OnResponse(Describe);
        }
    }

    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        HttpRequest request = exchange.Context.Request;
        if (!HttpMethods.IsOptions(request.Method) || request.Headers.Origin.Count == 0 || request.Headers.AccessControlRequestMethod.Count == 0)
        {
            return next.InvokeAsync();
        }

        // An origin that may not gets an answer without permissions, which is a no to a browser.
        IHeaderDictionary fields = exchange.Answer(StatusCodes.Status204NoContent).Headers;
        AddToVary(fields, "Access-Control-Request-Method, Access-Control-Request-Headers");
        if (AllowedOrigin(request) is not null)
        {
            Allow(request, fields);
        }

        return ValueTask.FromResult(RelayError.None);
    }

    private void Allow(HttpRequest request, IHeaderDictionary fields)
    {
        fields.AccessControlMaxAge = _maxAge;
        if ((options.Methods ?? AskedFor(request.Headers.AccessControlRequestMethod)) is { } methods)
        {
            fields.AccessControlAllowMethods = methods;
        }

        if ((options.Headers ?? AskedFor(request.Headers.AccessControlRequestHeaders)) is { } names)
        {
            fields.AccessControlAllowHeaders = names;
        }
    }

    private void Describe(EdgeExchange exchange, HttpResponse response)
    {
        IHeaderDictionary fields = response.Headers;
        foreach (string name in fields.Keys.Where(n => n.StartsWith(FieldPrefix, StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            fields.Remove(name);
        }

        if (options.Origins.Count > 0)
        {
            // Also where this visitor is of no origin: a cache may have others.
            AddToVary(fields, "Origin");
        }

        if (AllowedOrigin(exchange.Context.Request) is not { } origin)
        {
            return;
        }

        fields.AccessControlAllowOrigin = origin;
        if (options.Credentials)
        {
            fields.AccessControlAllowCredentials = "true";
        }

        if (options.Expose is not null)
        {
            fields.AccessControlExposeHeaders = options.Expose;
        }
    }

    private string? AllowedOrigin(HttpRequest request)
    {
        if (request.Headers.Origin is not [{ Length: > 0 } origin])
        {
            return null;
        }

        return options.Origins.Count == 0 ? "*"
            : options.Origins.Any(o => o.Matches(origin)) ? origin
            : null;
    }

    // What the visitor wrote goes back only if it is a list of names.
    private static string? AskedFor(StringValues asked)
    {
        string[] names = asked.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.Length > 0 && names.All(n => HeaderField.IsName(n)) ? string.Join(", ", names) : null;
    }

    private static void AddToVary(IHeaderDictionary fields, string name)
    {
        if (!fields.GetCommaSeparatedValues("Vary").Any(v => v is "*" || v.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            fields.Append("Vary", name);
        }
    }
}

/// <summary>Makes <see cref="CorsPolicy"/>.</summary>
internal sealed class CorsPolicyFactory : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Cors;

    public IEnumerable<string> Keys => CorsOptions.Keys.Select(k => k.Name);

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) => new CorsPolicy(CorsOptions.Parse(
        values.All(CorsOptions.OriginKey),
        values.All(CorsOptions.MethodsKey),
        values.All(CorsOptions.HeadersKey),
        values.All(CorsOptions.ExposeKey),
        values.IsOn(CorsOptions.CredentialsKey),
        values.Single(CorsOptions.MaxAgeKey)));
}
