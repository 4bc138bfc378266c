using System.Net.WebSockets;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Legacy;

/// <summary>
/// Registers the original Go client, which offers no sub-protocol and says nothing of itself: it gets the whole host
/// that it dialled. A newer one replaces an older one there, as its own server did; a name held by a current client is
/// never taken from it.
/// </summary>
internal sealed partial class LegacyEndpoint(
    ServerOptions options, TunnelRegistry registry, SessionDirectory directory, TimeProvider time, ILogger<LegacyEndpoint> log) : ILegacyEndpoint
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

        if (!identity.Grants.AllowsPublic)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "This token opens no public tunnels.").ConfigureAwait(false);
            return;
        }

        if (!directory.TryReserve(identity.Id, 1, options.MaxTunnelsPerToken))
        {
            await RefuseAsync(context, StatusCodes.Status429TooManyRequests, "This server has as many tunnels as it may.").ConfigureAwait(false);
            return;
        }

        try
        {
            await RegisterAsync(context, host).ConfigureAwait(false);
        }
        finally
        {
            directory.Unreserve(identity.Id, 1);
        }
    }

    private async Task RegisterAsync(HttpContext context, string host)
    {
        var connection = new LegacyConnection(options, time);
        RegistrationResult result = registry.Register([new TunnelRoute { Key = RouteKey.Http(host, "/"), Owner = Owner, Legacy = connection }]);
        if (result.Lease is null)
        {
            await RefuseAsync(context, StatusCodes.Status409Conflict, $"{host} is held by {result.Conflict!.Owner.Label}.").ConfigureAwait(false);
            return;
        }

        foreach (TunnelRoute old in result.Replaced)
        {
            old.Legacy?.Close();
        }

        directory.Add(connection);
        LogOpened(host);
        try
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = Ping }).ConfigureAwait(false);
            await connection.RunAsync(socket).ConfigureAwait(false);
        }
        finally
        {
            connection.Close();
            result.Lease.Release(TimeSpan.Zero);
            directory.Remove(connection);
            LogClosed(host);
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
