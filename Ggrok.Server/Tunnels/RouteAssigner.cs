using Ggrok.Server.Hosting;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Turns what a client asks for into host and path, or into a refusal that says what to ask for instead.</summary>
public sealed class RouteAssigner(ServerOptions options, TunnelRegistry registry)
{
    private const int LongestPath = 200;
    private const int NameAttempts = 20;

    /// <summary>The route key for one wanted tunnel. Exactly one of the results is not null.</summary>
    /// <param name="connectHost">Host under which the client connected, normalised.</param>
    /// <param name="clientId">The client's persistent id.</param>
    /// <param name="wanted">What it asks for.</param>
    public (RouteKey? Key, Rejected? Refusal) Assign(string connectHost, string clientId, TunnelRequest wanted)
    {
        if (wanted.Kind != "http")
        {
            return Refuse(RejectCode.KindUnsupported, $"This server offers no {Printable.Clean(wanted.Kind)} tunnels; upgrade it or ask for an http tunnel.");
        }

        string? path = NormalizePath(wanted.Path);
        if (path is null)
        {
            return Refuse(RejectCode.NameNotAllowed,
                $"The path \"{Printable.Clean(wanted.Path)}\" cannot be registered; use --path with plain segments such as /alice.");
        }

        (string? host, Rejected? refusal) = AssignHost(connectHost, clientId, wanted, path);
        return host is null ? (null, refusal) : (new RouteKey(host, path), null);
    }

    private (string? Host, Rejected? Refusal) AssignHost(string connectHost, string clientId, TunnelRequest wanted, string path)
    {
        if (wanted.Subdomain is not null && wanted.Host is not null)
        {
            return RefuseHost("Ask for --subdomain or for --host, not for both.");
        }

        if (wanted.Host is not null)
        {
            return CustomHost(wanted.Host);
        }

        if (wanted.Subdomain is not null)
        {
            return Subdomain(wanted.Subdomain);
        }

        // A path prefix is meant for the shared host, so that several people can use one name.
        bool shared = options.Domain is null || wanted.Path is not null;
        return shared ? (connectHost, null) : (RandomHost(clientId, wanted.Name, path), null);
    }

    private (string? Host, Rejected? Refusal) Subdomain(string wanted)
    {
        if (options.Domain is null)
        {
            return RefuseHost("This server has no domain for subdomains (GGROK_DOMAIN is not set); use --path /name to share its host.");
        }

        string label = wanted.ToLowerInvariant();
        return HostNames.IsLabel(label)
            ? ($"{label}.{options.Domain}", null)
            : RefuseHost($"\"{Printable.Clean(wanted)}\" is no subdomain; use letters, digits and hyphens, at most 63.");
    }

    private (string? Host, Rejected? Refusal) CustomHost(string wanted)
    {
        string? host = HostNames.Normalize(wanted);
        if (host is null)
        {
            return RefuseHost($"\"{Printable.Clean(wanted)}\" is no host name; use --host with a name such as app.example.com.");
        }

        return host == options.Domain ? RefuseHost($"{host} is the server's own name; ask for a subdomain of it.") : (host, null);
    }

    private string RandomHost(string clientId, string tunnel, string path)
    {
        for (int attempt = 0; ; attempt++)
        {
            string host = $"{RandomNames.For(clientId, tunnel, attempt)}.{options.Domain}";
            TunnelRoute? held = registry.Find(host, path);
            if (held is null || held.Owner.ClientId == clientId || attempt == NameAttempts)
            {
                return host;
            }
        }
    }

    private static string? NormalizePath(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return "/";
        }

        string trimmed = path.TrimEnd('/');
        if (trimmed.Length == 0)
        {
            return "/";
        }

        bool plain = trimmed.Length <= LongestPath
            && trimmed[0] == '/'
            && RequestTarget.IsSafe(trimmed)
            && trimmed.AsSpan().IndexOfAny("?#%\\") < 0
            && !trimmed[1..].Split('/').Any(s => s is "" or "." or "..");
        return plain && !RequestTarget.IsBelow(trimmed, ProtocolLimits.Path) ? trimmed : null;
    }

    private static (string? Host, Rejected? Refusal) RefuseHost(string message) =>
        (null, new Rejected(RejectCode.NameNotAllowed, message, MayRetry: false));

    private static (RouteKey? Key, Rejected? Refusal) Refuse(RejectCode code, string message) =>
        (null, new Rejected(code, message, MayRetry: false));
}
