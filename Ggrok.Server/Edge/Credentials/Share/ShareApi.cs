using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Server.Edge.BruteForce;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tls;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Edge.Credentials;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Sharing;

namespace Ggrok.Server.Edge.Credentials.Share;

/// <summary>
/// Where the owner of a tunnel makes, lists and ends share links: by the token or certificate with which the tunnel was opened and
/// the id of the client, which nobody else knows.
/// </summary>
internal sealed partial class ShareApi(
    ServerOptions options, TokenGate gate, ClientCertificateAuthenticator certificates, TunnelRegistry registry, PolicyBook policies, ShareBook book,
    TimeProvider time, ILogger<ShareApi> log)
{
    /// <summary>Path of the links; one of them below it.</summary>
    public const string Path = "/share/links";

    /// <summary>Field with the id of the client.</summary>
    public const string ClientField = "X-Ggrok-Client";

    private const int LongestBody = 8 * 1024;

    public async Task ServeAsync(HttpContext context)
    {
        Admission admission = certificates.Authenticate(context.Connection.ClientCertificate, out _) is { } certified
            ? new Admission(certified, TimeSpan.Zero)
            : await gate.AdmitAsync(context.Request.Headers.Authorization, Visitor.RemoteOf(context, options.TrustedProxies)).ConfigureAwait(false);
        if (admission.Wait > TimeSpan.Zero)
        {
            context.Response.Headers.RetryAfter = FailureThrottle.RetryAfterSeconds(admission.Wait).ToString(CultureInfo.InvariantCulture);
            await RefuseAsync(context, StatusCodes.Status429TooManyRequests, "Too many wrong tokens came from this address; try again later.").ConfigureAwait(false);
            return;
        }

        if (admission.Identity is not { } identity)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, "The server wants the token with which the tunnel was opened; pass it with --token or GGROK_TOKEN.").ConfigureAwait(false);
            return;
        }

        TunnelRoute[] own = OwnRoutes(identity, context.Request.Headers[ClientField].ToString());
        if (own.Length == 0)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, "This installation has no http tunnel open on the server with this token; start one, then share it.").ConfigureAwait(false);
            return;
        }

        await ServeAsync(context, own).ConfigureAwait(false);
    }

    private Task ServeAsync(HttpContext context, TunnelRoute[] own)
    {
        string[] owners = [.. own.Select(TicketOwner.Of).Distinct(StringComparer.Ordinal)];
        string rest = context.Request.Path.Value![Path.Length..].TrimStart('/');
        return (context.Request.Method, rest) switch
        {
            ("POST", "") => AddAsync(context, own),
            ("GET", "") => AnswerAsync(context, StatusCodes.Status200OK, [.. owners.SelectMany(book.Of).Select(l => Info(l))], ShareJson.Default.ShareLinkInfoArray),
            ("DELETE", not "") => Revoke(context, rest, owners),
            _ => RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "Links are made with POST, listed with GET, and ended with DELETE and their id."),
        };
    }

    private async Task AddAsync(HttpContext context, TunnelRoute[] own)
    {
        if (await OrderAsync(context).ConfigureAwait(false) is not { } order || !Uri.TryCreate(order.Origin, UriKind.Absolute, out Uri? origin))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "The order is no valid JSON.").ConfigureAwait(false);
            return;
        }

        try
        {
            TunnelRoute route = Wanted(own, order.Tunnel);
            (ShareLink link, string secret) = Add(route, order);
            LogMade(link.Id, link.Key, link.Expires, link.Uses);
            string page = new PublicUrls(origin, tlsPort: null).Of(RouteKey.Http(route.Key.Host, ProtocolLimits.Path + ShareEndpoint.Path));
            await AnswerAsync(context, StatusCodes.Status201Created, Info(link, $"{page}#{secret}"), ShareJson.Default.ShareLinkInfo).ConfigureAwait(false);
        }
        catch (FormatException e)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, e.Message).ConfigureAwait(false);
        }
    }

    private (ShareLink Link, string Secret) Add(TunnelRoute route, ShareOrder order)
    {
        if (policies.PipelineOf(route)?.Policies.OfType<CredentialsPolicy>().ToArray() is not { Length: > 0 } layers)
        {
            throw new FormatException($"{route.Key} lets everybody pass, with a link or without; start it with --share, or with other credentials.");
        }

        if (Array.Exists(layers, l => !l.TakesShareLinks))
        {
            throw new FormatException($"The server's own policies want credentials for {route.Key} and take no share links; ask its operator for share: true.");
        }

        if (order.Seconds is < 1 or > 31_536_000 || order.Uses is < 1 or > ShareOptions.MostUses)
        {
            throw new FormatException($"A link is good for 1 to {ShareOptions.MostUses} uses and at most {ShareOptions.LongestLife.TotalDays} days.");
        }

        string path = order.Path ?? route.Key.Path;
        if (LocalTarget.Of(path) != path || !RequestTarget.IsBelow(path, route.Key.Path))
        {
            throw new FormatException($"Visitors cannot land there; give a path that begins with {route.Key.Path}");
        }

        return book.Add(route, path, TimeSpan.FromSeconds(order.Seconds), order.Uses)
            ?? throw new FormatException("There are as many share links as there may be; end some with --revoke, or wait until they expire.");
    }

    private TunnelRoute[] OwnRoutes(Identity identity, string client)
    {
        byte[] given = Encoding.UTF8.GetBytes(client);
        return [.. registry.Snapshot().Where(r => r.Key.Space == RouteSpace.Http && r.Owner.IdentityId == identity.Id
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(r.Owner.ClientId), given) && registry.Find(r.Key) is not null)];
    }

    private static TunnelRoute Wanted(TunnelRoute[] own, string? tunnel)
    {
        if (tunnel is null)
        {
            return own.Length == 1 ? own[0] : throw new FormatException($"Which tunnel? {Names(own)}");
        }

        string name = tunnel.Contains("://", StringComparison.Ordinal) ? tunnel[(tunnel.IndexOf("://", StringComparison.Ordinal) + 3)..] : tunnel;
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string? host = HostNames.Normalize(slash < 0 ? name : name[..slash]);
        string path = slash < 0 ? "/" : "/" + name[slash..].Trim('/');
        return Array.Find(own, r => r.TunnelName == tunnel) ?? own.Where(r => r.Key.Host == host && r.Key.Path == path).MinBy(r => r.Key.Condition.Length)
            ?? throw new FormatException($"{Printable.Clean(tunnel)} is no tunnel of this installation; it has {Names(own)}");
    }

    private static string Names(TunnelRoute[] own) => string.Join(", ", own.Select(r => r.TunnelName.Length == 0 ? r.Key.ToString() : $"{r.Key} ({Printable.Clean(r.TunnelName)})"));

    private Task Revoke(HttpContext context, string id, string[] owners)
    {
        if (!Array.Exists(owners, o => book.Revoke(id, o)))
        {
            return RefuseAsync(context, StatusCodes.Status404NotFound, $"There is no share link {Printable.Clean(id)}; ggrok share --list shows them.");
        }

        LogRevoked(Printable.Clean(id));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static ShareLinkInfo Info(ShareLink link, string? url = null) =>
        new(link.Id, link.Key.ToString(), link.Path, link.Expires, link.Uses, link.UsesLeft, url);

    private async Task<ShareOrder?> OrderAsync(HttpContext context)
    {
        if (context.Request.ContentLength is null or > LongestBody)
        {
            return null;
        }

        try
        {
            using var limit = new CancellationTokenSource(options.HeaderTimeout, time);
            return await JsonSerializer.DeserializeAsync(context.Request.Body, ShareJson.Default.ShareOrder, limit.Token).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string message) => AnswerAsync(context, status, new ShareRefusal(message), ShareJson.Default.ShareRefusal);

    private static Task AnswerAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(value, type);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Share link {Id} of {Tunnel} made, until {Expires:u}, for {Uses} uses")]
    private partial void LogMade(string id, RouteKey tunnel, DateTimeOffset expires, int uses);

    [LoggerMessage(Level = LogLevel.Information, Message = "Share link {Id} ended by its owner")]
    private partial void LogRevoked(string id);
}
