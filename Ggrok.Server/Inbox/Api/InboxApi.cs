using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Server.Audit;
using Ggrok.Server.Edge.BruteForce;
using Ggrok.Server.Edge.Credentials.Share;
using Ggrok.Server.Hosting;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Server.Tls;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Api;

/// <summary>
/// Where the owner of tunnels looks at what is in their inboxes: by the token or certificate with which they were opened and the id
/// of the client, which nobody else knows (docs/inbox.md).
/// </summary>
internal sealed class InboxApi(
    ServerOptions options, TokenGate gate, ClientCertificateAuthenticator certificates, InboxDesk desk, AuditLog audit)
{
    /// <summary>What its paths begin with.</summary>
    public const string Path = "/inbox";

    /// <summary>Whether a path below the server's own is one of these.</summary>
    public static bool Has(string? path) => path?.StartsWith(Path + "/", StringComparison.Ordinal) == true;

    /// <summary>Answers one request.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        Admission admission = certificates.Authenticate(context.Connection.ClientCertificate, out _) is { } certified
            ? new Admission(certified, TimeSpan.Zero)
            : await gate.AdmitAsync(context.Request.Headers.Authorization, Visitor.RemoteOf(context, options.TrustedProxies)).ConfigureAwait(false);
        if (admission.Wait > TimeSpan.Zero)
        {
            context.Response.Headers.RetryAfter = FailureThrottle.RetryAfterSeconds(admission.Wait).ToString(CultureInfo.InvariantCulture);
            await InboxAnswers.RefuseAsync(context, StatusCodes.Status429TooManyRequests, "Too many wrong tokens came from this address; try again later.").ConfigureAwait(false);
            return;
        }

        if (admission.Identity is not { } identity)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await InboxAnswers.RefuseAsync(context, StatusCodes.Status401Unauthorized, "The server wants the token with which the tunnel was opened; pass it with --token or GGROK_TOKEN.").ConfigureAwait(false);
            return;
        }

        string client = context.Request.Headers[ShareApi.ClientField].ToString();
        InboxTunnel[] own = [.. desk.Tunnels.Where(t => IsOwn(t, identity, client))];
        try
        {
            var call = new InboxCall(context, desk, own, what => audit.InboxDropped(identity.Id, Visitor.RemoteOf(context, options.TrustedProxies), what),
                (status, message) => InboxAnswers.RefuseAsync(context, status, message));
            await call.ServeAsync(context.Request.Path.Value![(Path.Length + 1)..]).ConfigureAwait(false);
        }
        catch (InboxStoreException) when (!context.Response.HasStarted)
        {
            await InboxAnswers.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "The inbox cannot be read or written now, because the server's disk or database fails; its log says more. Try again later.").ConfigureAwait(false);
        }
        catch (Exception e) when (e is InboxStoreException or IOException or OperationCanceledException)
        {
            context.Abort();
        }
    }

    // The members of a pool are one party.
    private static bool IsOwn(InboxTunnel tunnel, Identity identity, string client) => tunnel.IdentityId == identity.Id
        && ((tunnel.IsPool && tunnel.IsProven && !identity.IsAnybody)
            || CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(tunnel.ClientId), Encoding.UTF8.GetBytes(client)));
}

/// <summary>Answers of the API.</summary>
internal static class InboxAnswers
{
    /// <summary>Says why not.</summary>
    public static Task RefuseAsync(HttpContext context, int status, string message) => AnswerAsync(context, status, new InboxRefusal(message), InboxJson.Relaxed.InboxRefusal);

    /// <summary>Answers with JSON.</summary>
    public static Task AnswerAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(value, type);
    }
}
