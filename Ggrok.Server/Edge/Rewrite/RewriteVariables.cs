using Ggrok.Shared.Edge.Rewrite;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Rewrite;

/// <summary>What variables stand for in one exchange.</summary>
internal static class RewriteVariables
{
    /// <summary>The value as it is; <see cref="HeaderTemplate.Fill"/> makes it safe for a field.</summary>
    public static string ValueOf(HeaderVariable variable, EdgeExchange exchange) => variable switch
    {
        HeaderVariable.RemoteIp => exchange.Remote,
        HeaderVariable.RequestId => exchange.Record.Id,
        HeaderVariable.Host => exchange.Host,
        HeaderVariable.Method => exchange.Method,
        HeaderVariable.Path => RequestTarget.Path(exchange.VisitorTarget).ToString(),
        HeaderVariable.Scheme => exchange.Scheme,
        HeaderVariable.Tunnel => exchange.Route.Key.ToString(),
        HeaderVariable.User => exchange.User ?? "",
        _ => throw new ArgumentOutOfRangeException(nameof(variable)),
    };
}
