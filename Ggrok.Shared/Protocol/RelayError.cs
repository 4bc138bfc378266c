namespace Ggrok.Shared.Protocol;

/// <summary>
/// Every way in which one exchange can fail, named along phase and side. The number is the payload of a
/// <see cref="FrameKind.Reset"/> frame; the name is the value of <c>X-Ggrok-Error</c> and of the log's <c>error</c> field.
/// </summary>
/// <remarks>Numbers are part of the wire protocol and never change. <c>docs/errors.md</c> has a row for each.</remarks>
public enum RelayError : ushort
{
    /// <summary>Nothing failed.</summary>
    None = 0,

    /// <summary>No client holds this host and path.</summary>
    NoTunnel = 1,

    /// <summary>The host and path are held, but the client is away.</summary>
    TunnelAway = 2,

    /// <summary>The tunnel broke while the exchange ran.</summary>
    TunnelLost = 3,

    /// <summary>The tunnel runs as many streams as it may.</summary>
    TooManyStreams = 4,

    /// <summary>The server or the client is shutting down and takes no new exchanges.</summary>
    Draining = 5,

    /// <summary>The request line and headers are larger than the tunnel carries.</summary>
    RequestHeadTooLarge = 10,

    /// <summary>The request is malformed or ambiguous (RFC 9112 section 6.3, RFC 9110 section 7).</summary>
    RequestInvalid = 11,

    /// <summary>The visitor's request body broke off or was malformed.</summary>
    RequestBodyVisitor = 12,

    /// <summary>The local service stopped reading the request body.</summary>
    RequestBodyLocal = 13,

    /// <summary>The visitor went away before the exchange was over.</summary>
    VisitorGone = 14,

    /// <summary>Nothing accepts connections at the local address.</summary>
    LocalUnreachable = 20,

    /// <summary>TLS to the local service failed.</summary>
    LocalTlsFailed = 21,

    /// <summary>The local service closed the connection or sent no valid HTTP before its response head was complete.</summary>
    ResponseHeadLocal = 22,

    /// <summary>The local service sent no response head in time.</summary>
    ResponseHeadTimeout = 23,

    /// <summary>The response head is larger than the tunnel carries, or not valid.</summary>
    ResponseHeadInvalid = 24,

    /// <summary>The local service broke off its response body.</summary>
    ResponseBodyLocal = 25,

    /// <summary>The local service does not speak HTTP/2, which it was asked to.</summary>
    LocalProtocol = 26,

    /// <summary>The local service cancelled the exchange (RFC 9113 section 7, CANCEL).</summary>
    LocalCancelled = 27,

    /// <summary>Neither side sent a byte for the stream's idle time.</summary>
    StreamIdle = 30,

    /// <summary>The request body is larger than passes through a legacy client.</summary>
    LegacyBodyTooLarge = 40,

    /// <summary>A legacy client cannot carry this: an upgrade, or a body that is not text.</summary>
    LegacyUnsupported = 41,

    /// <summary>A legacy client's answer is too large or not valid.</summary>
    LegacyAnswerInvalid = 42,

    /// <summary>The token does not grant connections to this private name.</summary>
    NotGranted = 50,

    /// <summary>The private name serves another kind of connection: UDP instead of TCP, or the reverse.</summary>
    WrongKind = 51,

    /// <summary>Visitors from this address are not let in.</summary>
    AddressDenied = 60,

    /// <summary>More requests in a time than the tunnel's policy lets pass.</summary>
    RateLimited = 61,

    /// <summary>More requests at once than the tunnel's policy lets pass.</summary>
    ConcurrencyLimited = 62,

    /// <summary>The tunnel is closed for maintenance.</summary>
    Maintenance = 63,

    /// <summary>The visitor's TLS connection carries no client certificate that the tunnel accepts.</summary>
    ClientCertificateRequired = 64,

    /// <summary>The request carries no credentials, or not the right ones (RFC 9110 section 15.5.2).</summary>
    CredentialsRequired = 65,

    /// <summary>The webhook's signature is missing, does not fit or is too old.</summary>
    SignatureInvalid = 66,

    /// <summary>The request body is larger than the tunnel's policy lets pass (RFC 9110 section 15.5.14).</summary>
    RequestBodyTooLarge = 67,

    /// <summary>The local service failed often of late and is left in peace for a moment.</summary>
    CircuitOpen = 68,

    /// <summary>The visitor is signed in, but not among those whom the tunnel lets in.</summary>
    AccessDenied = 69,

    /// <summary>The request body did not arrive in time (RFC 9110 section 15.5.9).</summary>
    RequestBodyTimeout = 70,

    /// <summary>A login cannot be completed: it was begun elsewhere, took too long or was refused.</summary>
    LoginFailed = 71,

    /// <summary>The provider of the login cannot be reached or answers with nonsense.</summary>
    LoginProviderFailed = 72,

    /// <summary>The share link is not valid, has expired or was used.</summary>
    ShareLinkInvalid = 73,

    /// <summary>The tunnel takes requests over https only, and this one was not a plain GET that could be sent there.</summary>
    HttpsRequired = 76,

    /// <summary>The health check of every service behind the tunnel fails.</summary>
    NoHealthyMember = 80,

    /// <summary>The inbox of the tunnel, or the server's, holds as much as it may (RFC 4918 section 11.5).</summary>
    InboxFull = 90,

    /// <summary>The request cannot be stored now: the disk or the database behind the inbox fails.</summary>
    InboxUnavailable = 91,

    /// <summary>The client was waited for, and did not come back in time.</summary>
    AwayWaitOver = 95,

    /// <summary>As many visitors wait for clients as may.</summary>
    TooManyWaiting = 96,

    /// <summary>The tunnel's client or server has a bug: an exception without a name.</summary>
    Internal = 99,
}
