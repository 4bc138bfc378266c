using Ggrok.Server.Edge.Credentials;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Server.Relay;

/// <summary>Makes the request envelope of a visitor's request.</summary>
internal sealed class RequestHeadBuilder(ServerOptions options)
{
    /// <summary>Fills the envelope, or names what is wrong with the request.</summary>
    public RelayError TryFill(RequestHead head, HttpContext context, VisitorConnection connection, string id, TunnelRoute route, string target, string? upgrade)
    {
        HttpRequest request = context.Request;
        Visitor visitor = Visitor.Of(request, connection, options.TrustedProxies);
        head.Id = id;
        head.Tunnel = route.TunnelIndex;
        head.Method = request.Method;
        head.Target = route.StripPath && route.Key.Path != "/" ? RequestTarget.StripPrefix(target, route.Key.Path) : target;
        head.Scheme = visitor.Scheme;
        head.Host = visitor.Host;
        head.Version = VersionOf(request.Protocol);
        head.Remote = visitor.Remote;
        head.HasBody = upgrade is null && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
        head.Upgrade = upgrade;
        int size = target.Length + CopyHeaders(request.Headers, head.Headers);
        if (size > options.MaxHeadBytes)
        {
            return RelayError.RequestHeadTooLarge;
        }

        visitor.AppendTo(head.Headers, connection);
        head.Headers.Add(new(VisitorHeaders.RequestId, id));
        if (route.StripPath && route.Key.Path != "/")
        {
            head.Headers.Add(new("X-Forwarded-Prefix", route.Key.Path));
        }

        return RelayError.None;
    }

    private static int CopyHeaders(IHeaderDictionary source, List<HeaderField> target)
    {
        int size = 0;
        StringValues connection = source.Connection;
        foreach ((string name, StringValues values) in source)
        {
            if (name[0] == ':' || OwnFields.Has(name) || !Passes(name, values, connection))
            {
                continue;
            }

            // HTTP/2 may split Cookie; RFC 9113 section 8.2.3 joins it again before HTTP/1.1.
            if (name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
            {
                if (OwnCookies.Without(values.Count == 1 ? values[0] ?? "" : string.Join("; ", values.ToArray())) is { } cookies)
                {
                    size += Add(target, name, cookies);
                }

                continue;
            }

            foreach (string? value in values)
            {
                size += Add(target, name, value ?? "");
            }
        }

        return size;
    }

    private static bool Passes(string name, StringValues values, StringValues connection)
    {
        if (name.Equals("TE", StringComparison.OrdinalIgnoreCase))
        {
            // gRPC servers insist on "TE: trailers", and trailers do pass through the tunnel.
            return values.ToString().Contains("trailers", StringComparison.OrdinalIgnoreCase);
        }

        return !HopByHop.Is(name) && (connection.Count == 0 || !HopByHop.IsNominated(connection, name));
    }

    private static int Add(List<HeaderField> target, string name, string value)
    {
        target.Add(new HeaderField(name, value));
        return name.Length + value.Length + 4;
    }

    private static string VersionOf(string protocol) => protocol switch
    {
        "HTTP/1.1" => "1.1",
        "HTTP/2" => "2",
        "HTTP/3" => "3",
        _ => "1.0",
    };
}
