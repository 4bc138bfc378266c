using Ggrok.Shared.Balancing;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Server.Balancing;

/// <summary>Whether a visitor's request is one that a tunnel's conditions ask for.</summary>
internal static class RequestMatch
{
    /// <summary>Whether all conditions hold. Allocates nothing.</summary>
    public static bool Holds(this RouteMatch match, HttpRequest request)
    {
        if (match.Methods.Count > 0 && !match.Methods.Contains(MethodOf(request)))
        {
            return false;
        }

        // By index: the enumerator of an interface would be an object.
        for (int i = 0; i < match.Headers.Count; i++)
        {
            HeaderCondition condition = match.Headers[i];
            if (!request.Headers.TryGetValue(condition.Name, out StringValues values) || !HasValue(values, condition.Value))
            {
                return false;
            }
        }

        return true;
    }

    // A WebSocket over HTTP/2 is opened with CONNECT (RFC 8441 section 4), over HTTP/1.1 with GET: to an owner it is one thing.
    private static string MethodOf(HttpRequest request) =>
        HttpMethods.IsConnect(request.Method) && request.HttpContext.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true }
            ? HttpMethods.Get
            : request.Method;

    private static bool HasValue(StringValues values, string? wanted)
    {
        if (wanted is null)
        {
            return true;
        }

        foreach (string? value in values)
        {
            if (value.AsSpan().Trim().SequenceEqual(wanted))
            {
                return true;
            }
        }

        return false;
    }
}
