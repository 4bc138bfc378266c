using System.Net.WebSockets;
using Ggrok.Server.Audit;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Legacy;

/// <summary>
/// Registers the original Go client, which offers no sub-protocol and says nothing of itself: it gets the whole host
/// that it dialled. A newer one replaces an older one there, as its own server did; a name held by a current client is
/// never taken from it.
/// </summary>
internal sealed partial class LegacyEndpoint(
    ServerOptions options, TunnelRegistry registry, SessionDirectory directory, RoutePermission permission, TokenSessions tokens, AuditLog audit, TimeProvider time,
    ILogger<LegacyEndpoint> log) : ILegacyEndpoint
{
    // Well below the 55 s after which platforms drop a quiet connection.
    private static readonly TimeSpan Ping = TimeSpan.FromSeconds(25);

    // An id that no current client can have: it would take their names.
    private static readonly RouteOwner Owner = new("", "an old Go client");

    public async Task ServeAsync(HttpContext context, Identity identity)
    {
        if (!options.LegacyClients)
        {
            await RefuseAsync(context, StatusCodes.Status426UpgradeRequired, "This server takes no old Go clients (GGROK_LEGACY=false); install ggrok.").ConfigureAwait(false);
            return;
        }

        string? host = HostNames.Normalize(context.Request.Host.Value ?? "");
        if (host is null)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "The Host header is missing or not valid.").ConfigureAwait(false);
            return;
        }

        string remote = Visitor.RemoteOf(context, options.TrustedProxies);
        RouteKey key = RouteKey.Http(host, "/");
        Rejected? refusal = permission.RefusalOfKind(identity.Grants, TunnelKind.Http, isPrivate: false) ?? permission.RefusalOf(identity.Grants, key);
        if (refusal is not null)
        {
            audit.Refused(identity, null, remote, refusal.Code, refusal.Message);
            await RefuseAsync(context, StatusCodes.Status403Forbidden, refusal.Message).ConfigureAwait(false);
            return;
        }

        if (!directory.TryReserve(identity.Id, 1, Math.Min(options.MaxTunnelsPerToken, identity.Grants.MaxTunnels ?? int.MaxValue)))
        {
            audit.Refused(identity, null, remote, RejectCode.TooManyTunnels, "");
            await RefuseAsync(context, StatusCodes.Status429TooManyRequests, "This server has as many tunnels as it may.").ConfigureAwait(false);
            return;
        }

        try
        {
            await RegisterAsync(context, identity, key, remote).ConfigureAwait(false);
        }
        finally
        {
            directory.Unreserve(identity.Id, 1);
        }
    }

    private async Task RegisterAsync(HttpContext context, Identity identity, RouteKey key, string remote)
    {
        string host = key.Host;
        var connection = new LegacyConnection(options, time);
        RegistrationResult result = registry.Register([new TunnelRoute { Key = key, Owner = Owner, Legacy = connection }]);
        if (result.Lease is null)
        {
            audit.Refused(identity, null, remote, RejectCode.NameTaken, host);
            await RefuseAsync(context, StatusCodes.Status409Conflict, $"{host} is held by {result.Conflict!.Owner.Label}.").ConfigureAwait(false);
            return;
        }

        foreach (TunnelRoute old in result.Replaced)
        {
            old.Legacy?.Close();
        }

        directory.Add(connection, identity, key);
        LogOpened(host);
        audit.LegacyRegistered(identity, host, remote);
        try
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = Ping }).ConfigureAwait(false);

            // The token may have changed before the client was there to be found.
            if (tokens.Renew(identity) is { } current && permission.Allows(current.Grants, TunnelKind.Http, key))
            {
                await connection.RunAsync(socket).ConfigureAwait(false);
            }
        }
        finally
        {
            connection.Close();
            result.Lease.Release(default);
            directory.Remove(connection);
            LogClosed(host);
            audit.LegacyEnded(identity, host, remote);
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(message + "\n");
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Legacy client registered for {Host}")]
    private partial void LogOpened(string host);

    [LoggerMessage(Level = LogLevel.Information, Message = "Legacy client of {Host} left")]
    private partial void LogClosed(string host);
}
