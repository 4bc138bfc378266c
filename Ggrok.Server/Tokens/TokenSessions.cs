using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tokens;

/// <summary>Holds sessions that are open to what their tokens allow by now: ends those that went too far, and leaves the others alone.</summary>
public sealed partial class TokenSessions
{
    private readonly TokenAuthenticator _authenticator;
    private readonly RoutePermission _permission;
    private readonly SessionDirectory _directory;
    private readonly TunnelRegistry _registry;
    private readonly ServerOptions _options;
    private readonly ILogger<TokenSessions> _log;

    internal TokenSessions(
        TokenAuthenticator authenticator, RoutePermission permission, SessionDirectory directory, TunnelRegistry registry, ServerOptions options, ILogger<TokenSessions> log)
    {
        _authenticator = authenticator;
        _permission = permission;
        _directory = directory;
        _registry = registry;
        _options = options;
        _log = log;
    }

    /// <summary>Who somebody is by now that was let in before; null when it would not be let in any more.</summary>
    public Identity? Renew(Identity identity) => _authenticator.StandingOf(identity, out Identity current) == TokenStanding.Valid ? current : null;

    /// <summary>Ends the session unless its token still allows it.</summary>
    /// <param name="session">A session that is in the directory.</param>
    public void Check(TunnelSession session)
    {
        if (session.Connection.IsClosing)
        {
            return;
        }

        TokenStanding standing = _authenticator.StandingOf(session.Identity, out Identity current);
        if (standing != TokenStanding.Valid)
        {
            // A client that does not let itself be ended opens nothing more meanwhile.
            session.Identity = session.Identity with { Grants = Grants.None };
            End(session, standing == TokenStanding.Expired ? CloseReason.TokenExpired : CloseReason.TokenRevoked);
        }
        else if (!ReferenceEquals(current, session.Identity))
        {
            // First: streams that it opens from now on are judged by it.
            session.Identity = current;
            if (!Allows(session))
            {
                End(session, CloseReason.TokenNarrowed);
            }
        }
    }

    /// <summary>Checks every session, and what is kept for clients that are away.</summary>
    public void CheckAll()
    {
        foreach (TunnelSession session in _directory.Sessions)
        {
            Check(session);
        }

        foreach ((ILegacyTunnel legacy, (Identity identity, RouteKey key)) in _directory.Legacy)
        {
            if (Renew(identity) is not { } current || !_permission.Allows(current.Grants, TunnelKind.Http, key))
            {
                legacy.Close();
            }
        }

        EndSurplus();
        _registry.ForgetAway(ThoseThatMayStay());
    }

    /// <summary>Tells which routes their owners may have by what their tokens allow now.</summary>
    internal Predicate<TunnelRoute> ThoseThatMayStay()
    {
        ILookup<string, Grants> valid = _authenticator.Valid.ToLookup(i => i.Id, i => i.Grants, StringComparer.Ordinal);
        return r => r.Owner.IdentityId is not { } id || id.StartsWith("cert:", StringComparison.Ordinal) || id == "open"
            || valid[id].Any(g => _permission.Allows(g, r));
    }

    /// <summary>Whether the session's token allows what it holds and wants.</summary>
    internal bool Allows(TunnelSession session) =>
        session.Routes.All(r => _permission.Allows(session.Identity.Grants, r.Kind, r.Key))
        && session.Hello.Tunnels.SelectMany(t => t.Policies ?? []).All(p => session.Identity.Grants.AllowsPolicy(p.Name))
        && (session.Hello.Connect ?? []).All(n => session.Identity.Grants.AllowsConnecting(PrivateName.Normalize(n)!));

    // The oldest sessions stay.
    private void EndSurplus()
    {
        foreach (IGrouping<string, TunnelSession> same in _directory.Sessions.Where(s => s.Identity.Grants.MaxTunnels is not null && !s.Connection.IsClosing).GroupBy(s => s.Identity.Id))
        {
            int tunnels = 0;
            var counted = new HashSet<SessionGroup>();
            foreach (TunnelSession session in same.OrderBy(s => s.Opened))
            {
                // Connections of one client hold the same tunnels.
                tunnels += session.Group is null || counted.Add(session.Group) ? session.Size : 0;
                if (tunnels > Math.Min(session.Identity.Grants.MaxTunnels!.Value, _options.MaxTunnelsPerToken))
                {
                    End(session, CloseReason.TokenNarrowed);
                }
            }
        }
    }

    private void End(TunnelSession session, CloseReason reason)
    {
        string message = reason switch
        {
            CloseReason.TokenExpired => "This token has expired; ask for a new one and pass it with --token or GGROK_TOKEN.",
            CloseReason.TokenRevoked => "This token was revoked; pass another one with --token or GGROK_TOKEN.",
            _ => "This token does not allow these tunnels any more; ask for others, or pass another token.",
        };
        LogEnding(session.Id, session.Identity.Id, reason);
        session.GoAway(reason, message);
        session.Connection.RequestClose(reason);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tunnel session {Session} of token {Token} ends: {Reason}")]
    private partial void LogEnding(string session, string token, CloseReason reason);
}
