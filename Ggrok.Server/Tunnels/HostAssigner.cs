using Ggrok.Server.Balancing;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tokens;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Gives hosts and paths to HTTP tunnels, and server names to TLS tunnels.</summary>
public sealed class HostAssigner(ServerOptions options, TunnelRegistry registry, RoutePermission permission)
{
    private const int LongestPath = 200;
    private const int NameAttempts = 20;

    /// <summary>Host and path of an HTTP tunnel.</summary>
    internal Assignment AssignHttp(Applicant applicant, TunnelRequest wanted, BalancingWish wish)
    {
        string? path = NormalizePath(wanted.Path);
        if (path is null)
        {
            return new(new Rejected(RejectCode.NameNotAllowed,
                $"The path \"{Printable.Clean(wanted.Path)}\" cannot be registered; use --path with plain segments such as /alice.", MayRetry: false));
        }

        string condition = wish.Match?.Canonical ?? "";
        (string? host, Rejected? refusal) = AssignHost(applicant, wanted, h => RouteKey.Http(h, path, condition));
        return host is null ? new(refusal!) : Permitted(applicant, RouteKey.Http(host, path, condition), TunnelKind.Http, wish);
    }

    /// <summary>Server name of a TLS tunnel.</summary>
    public Assignment AssignTls(Applicant applicant, TunnelRequest wanted)
    {
        (string? host, Rejected? refusal) = AssignHost(applicant, wanted with { Path = null }, RouteKey.Tls);
        return host is null ? new(refusal!) : Permitted(applicant, RouteKey.Tls(host), TunnelKind.Tls);
    }

    private Assignment Permitted(Applicant applicant, RouteKey key, TunnelKind kind, BalancingWish? wish = null) =>
        permission.RefusalOf(applicant.Identity.Grants, key) is { } refusal ? new(refusal) : new(key, kind) { Wish = wish ?? BalancingWish.None };

    private (string? Host, Rejected? Refusal) AssignHost(Applicant applicant, TunnelRequest wanted, Func<string, RouteKey> keyOf)
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
        if (!shared && wanted.Pool is not null)
        {
            return RefuseHost("A pool needs a name that its members agree on; ask for --subdomain, --host or --path.");
        }

        return shared ? (applicant.ConnectHost, null) : (RandomHost(applicant, wanted.Name, keyOf), null);
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

    // One that is reserved, or that the token does not take, is passed over; when all are, the last one says why.
    private string RandomHost(Applicant applicant, string tunnel, Func<string, RouteKey> keyOf)
    {
        string? allowed = null;
        for (int attempt = 0; ; attempt++)
        {
            string host = $"{RandomNames.For(applicant.ClientId, tunnel, attempt)}.{options.Domain}";
            bool isAllowed = permission.AllowsHost(applicant.Identity.Grants, host);
            TunnelRoute? held = isAllowed ? registry.Find(keyOf(host)) : null;
            if (isAllowed && (held is null || (held.Owner.ClientId == applicant.ClientId && held.Owner.IdentityId == applicant.Identity.Id)))
            {
                return host;
            }

            allowed = isAllowed ? host : allowed;
            if (attempt == NameAttempts)
            {
                return allowed ?? host;
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
            && trimmed.AsSpan().IndexOfAny("?%\\") < 0
            && !trimmed[1..].Split('/').Any(s => s is "" or "." or "..");
        return plain && !RequestTarget.IsBelow(trimmed, ProtocolLimits.Path) ? trimmed : null;
    }

    private static (string? Host, Rejected? Refusal) RefuseHost(string message) =>
        (null, new Rejected(RejectCode.NameNotAllowed, message, MayRetry: false));
}
