using System.Globalization;
using System.Net.WebSockets;
using Ggrok.Server.Audit;
using Ggrok.Server.Edge.BruteForce;
using Ggrok.Server.Hosting;
using Ggrok.Server.Metrics;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tls;
using Ggrok.Server.Tunnels.Resume;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Multiplexing.Resume;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>The WebSocket endpoint on which clients register.</summary>
public sealed partial class TunnelEndpoint(
    ServerOptions options,
    TokenAuthenticator authenticator,
    TokenGate gate,
    ClientCertificateAuthenticator certificates,
    RoutePermission permission,
    Registrar registrar,
    SessionDirectory directory,
    ResumeBook resumes,
    ILegacyEndpoint legacy,
    SessionCounts counts,
    AuditLog audit,
    TimeProvider time,
    ILogger<TunnelEndpoint> log)
{
    /// <summary>Serves one registration attempt until the session is over.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await AnswerAsync(context, StatusCodes.Status426UpgradeRequired, RejectCode.HelloInvalid,
                "Ggrok clients register here over a WebSocket; run: ggrok --server " + context.Request.Host.Value + " --port 3000").ConfigureAwait(false);
            return;
        }

        // What runs in a session that is to be resumed must be finished here.
        if (directory.IsDraining && !context.Request.Headers.ContainsKey(ProtocolLimits.ResumeField))
        {
            context.Response.Headers.RetryAfter = "1";
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, RejectCode.Draining, "The server is shutting down; connect again.").ConfigureAwait(false);
            return;
        }

        string remote = Visitor.RemoteOf(context, options.TrustedProxies);
        Admission admission = certificates.Authenticate(context.Connection.ClientCertificate, out ClientCertificateProblem problem) is { } certified
            ? new Admission(certified, TimeSpan.Zero)
            : await gate.AdmitAsync(context.Request.Headers.Authorization, remote).ConfigureAwait(false);
        if (admission.Identity is { } identity)
        {
            await ServeWebSocketAsync(context, identity, remote).ConfigureAwait(false);
        }
        else if (admission.Wait > TimeSpan.Zero)
        {
            string seconds = FailureThrottle.RetryAfterSeconds(admission.Wait).ToString(CultureInfo.InvariantCulture);
            context.Response.Headers.RetryAfter = seconds;
            await RefuseAsync(context, StatusCodes.Status429TooManyRequests, RejectCode.TooManyAttempts,
                $"Too many unknown tokens came from this address; the next one is looked at in {seconds} s.").ConfigureAwait(false);
        }
        else
        {
            await ChallengeAsync(context, remote, new IdentityChallenge(authenticator.HasTokens, certificates.IsEnabled, problem)).ConfigureAwait(false);
        }
    }

    private Task ChallengeAsync(HttpContext context, string address, IdentityChallenge challenge)
    {
        if (challenge.HasCertificates)
        {
            LogIdentityRefused(address, challenge.Problem);
        }
        else
        {
            LogTokenRefused(address);
        }

        audit.Refused(null, null, address, RejectCode.TokenRefused, challenge.Message);
        context.Response.Headers.WWWAuthenticate = challenge.Fields;
        return RefuseAsync(context, StatusCodes.Status401Unauthorized, RejectCode.TokenRefused, challenge.Message);
    }

    private async Task ServeWebSocketAsync(HttpContext context, Identity identity, string remote)
    {
        IList<string> offered = context.WebSockets.WebSocketRequestedProtocols;
        if (offered.Count == 0)
        {
            await legacy.ServeAsync(context, identity).ConfigureAwait(false);
        }
        else if (offered.Contains(ProtocolLimits.SubProtocol, StringComparer.Ordinal))
        {
            await ServeTunnelAsync(context, identity, remote).ConfigureAwait(false);
        }
        else
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, RejectCode.ProtocolUnsupported,
                $"This server speaks {ProtocolLimits.SubProtocol}; use a client of the same major version.").ConfigureAwait(false);
        }
    }

    private async Task ServeTunnelAsync(HttpContext context, Identity identity, string remote)
    {
        context.Response.Headers[ProtocolLimits.NodeField] = resumes.Node;
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = ProtocolLimits.SubProtocol,
            // Ggrok has its own heartbeat. Compression would cost 20 times the CPU and leak across visitors (CRIME, BREACH).
            KeepAliveInterval = Timeout.InfiniteTimeSpan,
            DangerousEnableCompression = false,
        }).ConfigureAwait(false);

        var transport = new WebSocketTransport(socket);
        Hello hello;
        try
        {
            hello = await HandshakeReader.ReadHelloAsync(transport, options.HeaderTimeout, time).ConfigureAwait(false);
        }
        catch (PeerClosedException e) when (e.Reason == CloseReason.Normal)
        {
            // A client that looked which process of several this is, and does not want another connection to it.
            LogNotWanted(remote);
            await transport.CloseAsync(CloseReason.Normal).ConfigureAwait(false);
            return;
        }
        catch (Exception e) when (e is IOException or ProtocolViolationException)
        {
            LogHelloInvalid(remote, e.Message);
            await transport.CloseAsync(e is ProtocolViolationException violation ? violation.Reason : CloseReason.HandshakeTimeout).ConfigureAwait(false);
            return;
        }

        if (hello.Resume is not null)
        {
            await ResumeAsync(hello, identity, remote, transport).ConfigureAwait(false);
            return;
        }

        if (directory.IsDraining)
        {
            await RejectAsync(hello, new Rejected(RejectCode.Draining, "The server is shutting down; connect again.", MayRetry: true, RetryAfterSeconds: 1), transport).ConfigureAwait(false);
            return;
        }

        string connectHost = HostNames.Normalize(context.Request.Host.Value ?? "") ?? "";
        IMessageTransport carried = resumes.Carry(hello, transport);
        Registration registration = registrar.Register(hello, connectHost, identity, remote, carried);
        if (registration.Refusal is not null)
        {
            audit.Refused(identity, hello.Label, remote, registration.Refusal.Code, registration.Refusal.Message);
            await RejectAsync(hello, registration.Refusal, transport).ConfigureAwait(false);
            return;
        }

        await ServeAsync(registration, transport, carried as ResumableTransport).ConfigureAwait(false);
    }

    // A session that can be resumed outlives this request, which has only its first connection.
    private async Task ServeAsync(Registration registration, WebSocketTransport transport, ResumableTransport? resumable)
    {
        Task? released = resumable?.Released;
        Task run = RunAsync(registration, transport);
        if (released is not null)
        {
            await Task.WhenAny(run, released).ConfigureAwait(false);
        }

        if (resumable is null or { IsOver: true })
        {
            await run.ConfigureAwait(false);
        }
    }

    private async Task ResumeAsync(Hello hello, Identity identity, string remote, WebSocketTransport transport)
    {
        if (resumes.Begin(hello, identity, out ResumeAttempt attempt, out Rejected? refusal) is not { Session: { } session, Transport: { } carried })
        {
            await RejectAsync(hello, refusal ?? resumes.Unknown(), transport).ConfigureAwait(false);
            return;
        }

        var welcome = new Welcome(session.Id, ProgramVersion.Current, [], new SessionLimits(options.MaxStreams, options.MaxHeadBytes), Received: attempt.Received);
        await SendAsync(transport, HandshakeCodec.Encode(FrameKind.Welcome, welcome, HandshakeJson.Default.Welcome)).ConfigureAwait(false);
        if (await carried.AttachAsync(attempt, transport, hello.Resume!.Received, out Task released).ConfigureAwait(false))
        {
            session.Remote = remote;
            counts.CountResumed();
            LogResumed(session.Id, Printable.Clean(session.Hello.Label));
        }

        await released.ConfigureAwait(false);
    }

    private async Task RejectAsync(Hello hello, Rejected refusal, WebSocketTransport transport)
    {
        counts.CountRefused(refusal.Code);
        LogRefused(Printable.Clean(hello.Label), refusal.Code, refusal.Message);
        await SendAsync(transport, HandshakeCodec.Encode(FrameKind.Rejected, refusal, HandshakeJson.Default.Rejected)).ConfigureAwait(false);
        await transport.CloseAsync(CloseReason.Normal).ConfigureAwait(false);
    }

    private async Task RunAsync(Registration registration, WebSocketTransport transport)
    {
        using Registration registered = registration;
        TunnelSession session = registration.Session!;
        using var ending = new ResumeBook.Ending(resumes, session);
        Welcome welcome = registration.Welcome! with { Resume = session.Connection.Resumable is { } resumable ? resumes.Add(session, resumable) : null };
        if (!await SendAsync(transport, HandshakeCodec.Encode(FrameKind.Welcome, welcome, HandshakeJson.Default.Welcome)).ConfigureAwait(false))
        {
            // Nobody has the key with which it could be resumed.
            session.Connection.Resumable?.Abort();
        }

        LogOpened(session.Id, Printable.Clean(session.Hello.Label), string.Join(", ",
            registration.Welcome!.Tunnels.Select(t => t.Url).Concat((registration.Welcome.Connect ?? []).Select(c => "connects to " + c.Name))));
        audit.Registered(session, registration.Welcome);
        if (directory.IsDraining)
        {
            session.GoAway(CloseReason.Drained, "The server is shutting down; connect again.");
        }

        counts.CountOpened();
        CloseReason reason = await session.Connection.RunAsync().ConfigureAwait(false);
        ending.Reason = reason;
        counts.CountEnded(reason);

        // An orderly end frees the names at once, or as soon as visitors wait no longer; a loss keeps them for the client that will be back.
        bool orderly = reason is CloseReason.Normal or CloseReason.Replaced or CloseReason.TokenRevoked or CloseReason.TokenExpired or CloseReason.TokenNarrowed
            or CloseReason.EndedByOperator;
        registration.End(orderly ? TimeSpan.Zero : options.AwayGrace, isExpected: !orderly || reason == CloseReason.Normal,
            isForbidden: reason switch
            {
                CloseReason.TokenRevoked or CloseReason.TokenExpired => _ => true,

                // Others of its names it may still have.
                CloseReason.TokenNarrowed => r => !permission.Allows(session.Identity.Grants, r),
                _ => null,
            });
        LogClosed(session.Id, reason);
        audit.Ended(session, reason);
    }

    // False when the connection is lost; the read loop notices that, too.
    private static async ValueTask<bool> SendAsync(WebSocketTransport transport, byte[] message)
    {
        try
        {
            await transport.SendAsync(message).ConfigureAwait(false);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private Task RefuseAsync(HttpContext context, int status, RejectCode code, string message)
    {
        counts.CountRefused(code);
        return AnswerAsync(context, status, code, message);
    }

    private static Task AnswerAsync(HttpContext context, int status, RejectCode code, string message)
    {
        context.Response.StatusCode = status;
        context.Response.Headers[VisitorHeaders.Error] = code.ToString();
        return context.Response.WriteAsJsonAsync(
            new Rejected(code, message, MayRetry: code is RejectCode.Draining or RejectCode.TooManyAttempts), HandshakeJson.Default.Rejected);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Registration from {Address} refused: unknown token")]
    private partial void LogTokenRefused(string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Registration from {Address} refused: no known token, client certificate {Problem}")]
    private partial void LogIdentityRefused(string address, ClientCertificateProblem problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Registration from {Address} broke off before a valid Hello: {Reason}")]
    private partial void LogHelloInvalid(string address, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A client from {Address} looked which process this is")]
    private partial void LogNotWanted(string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Registration of {Client} refused: {Code}: {Reason}")]
    private partial void LogRefused(string client, RejectCode code, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tunnel session {Session} of {Client} opened: {Urls}")]
    private partial void LogOpened(string session, string client, string urls);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tunnel session {Session} of {Client} goes on over another connection")]
    private partial void LogResumed(string session, string client);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tunnel session {Session} ended: {Reason}")]
    private partial void LogClosed(string session, CloseReason reason);
}
