using System.Collections.Frozen;

namespace Ggrok.Shared.Protocol;

/// <summary>How much a failure deserves attention.</summary>
public enum FailureSeverity
{
    /// <summary>Part of ordinary traffic.</summary>
    Information,

    /// <summary>Somebody should look at the tunnel or its local service.</summary>
    Warning,

    /// <summary>A mistake in Ggrok itself.</summary>
    Error,
}

/// <summary>What a named error means to a visitor, to a developer and to the log: the one place that says so.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Severity">How much it deserves attention.</param>
/// <param name="Title">A few words.</param>
/// <param name="Advice">What the visitor or the developer can do.</param>
public sealed record RelayFailure(int Status, FailureSeverity Severity, string Title, string Advice)
{
    private static readonly FrozenDictionary<RelayError, RelayFailure> Table = new Dictionary<RelayError, RelayFailure>
    {
        [RelayError.None] = new(200, FailureSeverity.Information, "No error", "Nothing to do."),
        [RelayError.NoTunnel] = new(404, FailureSeverity.Information, "No tunnel here", "Nobody serves this address. Start a tunnel to it."),
        [RelayError.TunnelAway] = new(503, FailureSeverity.Information, "The tunnel is away", "Its client lost the connection and is expected back. Try again shortly."),
        [RelayError.TunnelLost] = new(502, FailureSeverity.Warning, "The tunnel broke", "The connection to the client was lost while the request ran. Check whether it took effect before repeating it."),
        [RelayError.TooManyStreams] = new(503, FailureSeverity.Warning, "The tunnel is busy", "It runs as many requests as it may. Try again shortly."),
        [RelayError.Draining] = new(503, FailureSeverity.Information, "Shutting down", "The tunnel is restarting. Try again shortly."),
        [RelayError.RequestHeadTooLarge] = new(431, FailureSeverity.Information, "Request head too large", "Send fewer or shorter headers, cookies or a shorter URL."),
        [RelayError.RequestInvalid] = new(400, FailureSeverity.Information, "Invalid request", "The request is malformed or ambiguous."),
        [RelayError.RequestBodyVisitor] = new(400, FailureSeverity.Information, "Request body broke off", "The body ended early or was malformed."),
        [RelayError.RequestBodyLocal] = new(502, FailureSeverity.Warning, "Request body refused", "The local service stopped reading the request body."),
        [RelayError.VisitorGone] = new(499, FailureSeverity.Information, "Visitor gone", "The visitor closed the connection before the response was complete."),
        [RelayError.LocalUnreachable] = new(502, FailureSeverity.Warning, "The local service is down", "The tunnel works, but nothing listens at its local address. Start the local service."),
        [RelayError.LocalTlsFailed] = new(502, FailureSeverity.Warning, "TLS to the local service failed", "Check the local service's certificate, or start ggrok with --insecure-target."),
        [RelayError.ResponseHeadLocal] = new(502, FailureSeverity.Warning, "No valid response", "The local service closed the connection or sent something that is not HTTP."),
        [RelayError.ResponseHeadTimeout] = new(504, FailureSeverity.Warning, "No response in time", "The local service accepted the request but did not answer in time."),
        [RelayError.ResponseHeadInvalid] = new(502, FailureSeverity.Warning, "Response head refused", "The local service's response head is too large or not valid."),
        [RelayError.ResponseBodyLocal] = new(502, FailureSeverity.Warning, "Response body broke off", "The local service ended the response before it was complete."),
        [RelayError.LocalProtocol] = new(502, FailureSeverity.Warning, "No HTTP/2 at the local service", "The local service does not speak HTTP/2, which gRPC needs. Start ggrok with --target-protocol http1 if HTTP/1.1 will do."),
        [RelayError.LocalCancelled] = new(502, FailureSeverity.Information, "Cancelled by the local service", "The local service cancelled the exchange."),
        [RelayError.StreamIdle] = new(504, FailureSeverity.Information, "Idle for too long", "Neither side sent a byte for the idle time of the tunnel."),
        [RelayError.LegacyBodyTooLarge] = new(413, FailureSeverity.Information, "Body too large", "The old Go client behind this address takes bodies up to GGROK_LEGACY_MAX_BODY_BYTES. Upgrade it to ggrok."),
        [RelayError.LegacyUnsupported] = new(501, FailureSeverity.Warning, "Not possible with an old client", "The old Go client behind this address carries neither upgrades nor bodies that are not UTF-8 text. Upgrade it to ggrok."),
        [RelayError.LegacyAnswerInvalid] = new(502, FailureSeverity.Warning, "No valid answer", "The old Go client answered with something too large or not valid. Upgrade it to ggrok."),
        [RelayError.NotGranted] = new(403, FailureSeverity.Warning, "Not granted", "The token does not grant connections to this name. Use one whose grants have it."),
        [RelayError.WrongKind] = new(400, FailureSeverity.Warning, "Another kind of tunnel", "The name serves UDP and was asked for TCP, or the reverse: ggrok connect needs --udp exactly for a udp tunnel."),
        [RelayError.AddressDenied] = new(403, FailureSeverity.Information, "Not from here", "Visitors from this address are not let in. Ask the owner of the tunnel."),
        [RelayError.RateLimited] = new(429, FailureSeverity.Information, "Too many requests", "This tunnel lets pass only so many requests in a time. Try again later."),
        [RelayError.ConcurrencyLimited] = new(429, FailureSeverity.Information, "Too many requests at once", "This tunnel lets only so many requests run at once. Try again shortly."),
        [RelayError.Maintenance] = new(503, FailureSeverity.Information, "Closed for maintenance", "This tunnel is closed for a while. Try again later."),
        [RelayError.ClientCertificateRequired] = new(403, FailureSeverity.Information, "Client certificate required", "Connect with a client certificate that the owner of the tunnel accepts."),
        [RelayError.CredentialsRequired] = new(401, FailureSeverity.Information, "Who are you?", "This tunnel needs credentials. Ask its owner for them."),
        [RelayError.SignatureInvalid] = new(401, FailureSeverity.Warning, "Signature refused", "The webhook's signature is missing or does not fit. Check that sender and tunnel have the same secret."),
        [RelayError.RequestBodyTooLarge] = new(413, FailureSeverity.Information, "Request body too large", "This tunnel takes only smaller request bodies."),
        [RelayError.CircuitOpen] = new(503, FailureSeverity.Warning, "The local service keeps failing", "It is left in peace for a moment. Try again shortly."),
        [RelayError.AccessDenied] = new(403, FailureSeverity.Information, "Not for you", "You are signed in, but not among those whom the owner of the tunnel lets in."),
        [RelayError.RequestBodyTimeout] = new(408, FailureSeverity.Information, "Request body too slow", "The request body did not arrive in time. Send it again."),
        [RelayError.LoginFailed] = new(400, FailureSeverity.Information, "Login not completed", "Begin again at the page that you wanted."),
        [RelayError.LoginProviderFailed] = new(502, FailureSeverity.Warning, "The login provider does not answer", "The provider of the login cannot be reached or gave no valid answer. Try again later."),
        [RelayError.ShareLinkInvalid] = new(403, FailureSeverity.Information, "Link no longer valid", "The share link has expired or was used. Ask for a new one."),
        [RelayError.HttpsRequired] = new(403, FailureSeverity.Information, "https only", "This address takes such requests over https only. What was sent over http may have been read on the way."),
        [RelayError.NoHealthyMember] = new(503, FailureSeverity.Warning, "No healthy service", "The tunnel works, but the service behind it fails its health check (--health). Look there why."),
        [RelayError.InboxFull] = new(507, FailureSeverity.Warning, "The inbox is full", "The requests that wait for this tunnel are as many as there may be. Send it again later."),
        [RelayError.InboxUnavailable] = new(503, FailureSeverity.Error, "The inbox cannot store", "The request was not stored, because the server's disk or database fails. Send it again later."),
        [RelayError.AwayWaitOver] = new(503, FailureSeverity.Information, "The tunnel did not come back", "Its client left and did not come back in the time that visitors wait for it. Try again later."),
        [RelayError.TooManyWaiting] = new(503, FailureSeverity.Warning, "Too many wait already", "Its client is away, and as many visitors wait as may. Try again shortly."),
        [RelayError.Internal] = new(500, FailureSeverity.Error, "Internal error", "This is a bug in Ggrok. Please report it with the request id."),
    }.ToFrozenDictionary();

    /// <summary>The meaning of an error; a number that this version does not know counts as <see cref="RelayError.Internal"/>.</summary>
    public static RelayFailure Of(RelayError error) =>
        Table.TryGetValue(error, out RelayFailure? failure) ? failure : Table[RelayError.Internal];

    /// <summary>Whether a visitor may expect success soon: the answer then carries Retry-After.</summary>
    public static int? RetryAfterSeconds(RelayError error) => error switch
    {
        RelayError.TunnelAway or RelayError.NoHealthyMember or RelayError.InboxUnavailable or RelayError.AwayWaitOver or RelayError.TooManyWaiting => 5,
        RelayError.InboxFull => 60,
        RelayError.TooManyStreams or RelayError.Draining or RelayError.ConcurrencyLimited => 1,
        _ => null,
    };
}
