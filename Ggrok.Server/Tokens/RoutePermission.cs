using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tokens;

/// <summary>Decides whether grants allow a tunnel: when it is asked for, and again when the grants change.</summary>
public sealed class RoutePermission(ServerOptions options)
{
    /// <summary>Whether a tunnel that is open may stay.</summary>
    public bool Allows(Grants grants, TunnelKind kind, RouteKey key) =>
        RefusalOfKind(grants, kind, key.Space == RouteSpace.Private) is null && RefusalOf(grants, key) is null;

    /// <summary>Whether a route may stay, and the policies that its client has set for it.</summary>
    public bool Allows(Grants grants, TunnelRoute route) =>
        Allows(grants, route.Kind, route.Key) && route.Edge.Directives.All(p => grants.AllowsPolicy(p.Name));

    /// <summary>Why no tunnel of this kind may be opened; null when one may.</summary>
    public Rejected? RefusalOfKind(Grants grants, TunnelKind kind, bool isPrivate)
    {
        if (!isPrivate && !grants.AllowsPublic)
        {
            return NotGranted("This token opens no public tunnels; serve a private name that it grants, with --name.");
        }

        return grants.AllowsKind(kind, isPrivate) ? null
            : NotGranted($"This token opens no {kind.ToWire()} tunnels{(isPrivate ? "" : " for the public")}; use one whose grants have kinds={kind.ToWire()}.");
    }

    /// <summary>Why this name may not be taken; null when it may.</summary>
    public Rejected? RefusalOf(Grants grants, RouteKey key) => key.Space switch
    {
        RouteSpace.Private => grants.AllowsServing(key.Host) ? null
            : NotGranted($"This token does not serve the name {key.Host}; use one whose grants have serve={key.Host}."),
        RouteSpace.Http or RouteSpace.Tls => RefusalOfHost(grants, key),
        _ => null,
    };

    /// <summary>Whether a host may be taken.</summary>
    public bool AllowsHost(Grants grants, string host) => grants.AllowsHost(host) && !options.ReservedHosts.Keeps(host, grants);

    private Rejected? RefusalOfHost(Grants grants, RouteKey key)
    {
        // A tunnel's pages would be of one origin with the server's own, and could act as whoever is signed in there.
        if (options.DashboardHosts.Contains(key.Host, StringComparer.Ordinal))
        {
            return new Rejected(RejectCode.NameNotAllowed, $"{key.Host} is the server's own name, for its page; ask for another one with --subdomain or --host.", MayRetry: false);
        }

        if (!grants.AllowsHost(key.Host))
        {
            return NotGranted($"This token does not take the host {key.Host}; it takes {string.Join(", ", grants.Hosts!)}. Ask for one with --subdomain or --host.");
        }

        if (options.ReservedHosts.Keeps(key.Host, grants))
        {
            return new Rejected(RejectCode.NameNotAllowed, $"The host {key.Host} is reserved; choose another --subdomain or --host, or use a token whose grants have hosts={key.Host}.", MayRetry: false);
        }

        return grants.AllowsPath(key.Path) ? null
            : NotGranted(key.Path == "/"
                ? $"This token does not take a whole host; ask with --path for one of {string.Join(", ", grants.Paths!)}."
                : $"This token does not take the path {key.Path}; it takes {string.Join(", ", grants.Paths!)}. Ask for one with --path.");
    }

    private static Rejected NotGranted(string message) => new(RejectCode.NotGranted, message, MayRetry: false);
}
