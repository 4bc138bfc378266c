using System.Net;
using Ggrok.Server.Hosting;
using Ggrok.Server.Relay;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Credentials.Share;

/// <summary>
/// Where a share link leads. Its secret stands behind the <c>#</c>: browsers keep that to themselves, so that it is in no log, no Referer
/// and no request of a program that only previews links. A person's click sends it.
/// </summary>
internal sealed partial class ShareEndpoint(ServerOptions options, TunnelRegistry registry, ShareBook book, Sealer sealer, TimeProvider time, ILogger<ShareEndpoint> log)
{
    /// <summary>Path of the page.</summary>
    public const string Path = "/share";

    private const int LongestForm = 4096;

    private const string Script = """
        const secret = location.hash.slice(1);
        const field = document.forms[0].elements.secret;
        if (secret) { field.value = secret; field.hidden = true; document.querySelector("label").hidden = true; history.replaceState(null, "", location.pathname); }
        """;

    public async Task ServeAsync(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method))
        {
            await UseAsync(context).ConfigureAwait(false);
            return;
        }

        string host = WebUtility.HtmlEncode(HostNames.Normalize(context.Request.Host.Value ?? "") ?? "");
        await CredentialPage.WriteAsync(context, "You are invited",
            $"""
            <p>Somebody shares {host} with you. The link may be good only once: open it in the browser in which you want to use it.</p>
            <form method="post">
            <label for="secret">What follows the # in the link:</label>
            <input id="secret" name="secret" autocomplete="off" required>
            <p><button>Open {host}</button></p>
            </form>
            """, Script).ConfigureAwait(false);
    }

    private async Task UseAsync(HttpContext context)
    {
        var record = new ExchangeRecord { Id = CorrelationId.Of(context.Request), Started = time.GetTimestamp() };
        string? secret = await SecretAsync(context).ConfigureAwait(false);
        string? host = HostNames.Normalize(context.Request.Host.Value ?? "");
        ShareLink? link = secret is null ? null : book.Find(secret);
        TunnelRoute? route = link is null || link.Key.Host != host ? null : registry.Find(link.Key);
        if (link is null || route is null || !link.IsFor(route))
        {
            await ErrorPage.WriteAsync(context, RelayError.ShareLinkInvalid, record).ConfigureAwait(false);
            return;
        }

        bool isHttps = Visitor.Of(context.Request, VisitorConnection.Of(context, options.TrustedProxies), options.TrustedProxies).Scheme == "https";

        // A second click in the same browser is the same use.
        bool isIn = ShareMethod.Ticket(context.Request, route, isHttps, sealer)?.Link == link.Id && !link.IsRevoked && link.Expires > time.GetUtcNow();
        if (!isIn && !book.TryUse(link))
        {
            LogRefused(link.Id, link.Key);
            await ErrorPage.WriteAsync(context, RelayError.ShareLinkInvalid, record).ConfigureAwait(false);
            return;
        }

        LogUsed(link.Id, link.Key, link.UsesLeft);
        ShareMethod.Give(context.Response, link, route, isHttps, sealer, time);
        CredentialPage.Redirect(context.Response, link.Path);
    }

    private async Task<string?> SecretAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType || context.Request.ContentLength is null or > LongestForm)
        {
            return null;
        }

        using var limit = new CancellationTokenSource(options.HeaderTimeout, time);
        IFormCollection form = await context.Request.ReadFormAsync(limit.Token).ConfigureAwait(false);
        return form["secret"] is [{ Length: > 0 and < 200 } secret] ? secret.Trim().TrimStart('#') : null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Share link {Id} of {Tunnel} opened; {Left} uses left")]
    private partial void LogUsed(string id, RouteKey tunnel, int left);

    [LoggerMessage(Level = LogLevel.Information, Message = "Share link {Id} of {Tunnel} refused: it was used, ended or has expired")]
    private partial void LogRefused(string id, RouteKey tunnel);
}
