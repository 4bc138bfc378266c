using System.Globalization;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using Ggrok.Shared.Certificates;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Connection;

/// <summary>Opens the WebSocket to the server and does the handshake.</summary>
internal sealed class Dialer(TunnelClientOptions options, string instance)
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(20);

    /// <summary>A connected socket and what the server granted.</summary>
    /// <exception cref="DialException">Not connected; the outcome says why and whether to try again.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public async Task<(ClientWebSocket Socket, Welcome Welcome)> DialAsync(bool wasConnectedBefore, ConnectionSlot? slot, CancellationToken stop)
    {
        ClientWebSocket socket = await ConnectAsync(wasConnectedBefore, stop).ConfigureAwait(false);
        try
        {
            return (socket, await ShakeHandsAsync(socket, slot, stop).ConfigureAwait(false));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A connected socket over which a session goes on, and how much of it the server has received, in bytes.</summary>
    /// <exception cref="DialException">Not connected, or the session is over; the outcome says why and whether to try again.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public async Task<(ClientWebSocket Socket, long Received)> ResumeAsync(ResumeRequest request, CancellationToken stop)
    {
        ClientWebSocket socket = await ConnectAsync(wasConnectedBefore: true, stop, s => s.Options.SetRequestHeader(ProtocolLimits.ResumeField, "1")).ConfigureAwait(false);
        try
        {
            Hello hello = MakeHello() with { Tunnels = [], Connect = null, Resume = request };
            return (socket, await ShakeHandsAsync(socket, hello, w => w.Received ?? throw new ProtocolViolationException(CloseReason.FrameMalformed), stop).ConfigureAwait(false));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A WebSocket to the server that let this client in; the handshake comes next.</summary>
    /// <exception cref="DialException">Not connected; the outcome says why and whether to try again.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public Task<ClientWebSocket> ConnectAsync(bool wasConnectedBefore, CancellationToken stop) => ConnectAsync(wasConnectedBefore, stop, prepare: null);

    private async Task<ClientWebSocket> ConnectAsync(bool wasConnectedBefore, CancellationToken stop, Action<ClientWebSocket>? prepare)
    {
        var socket = new ClientWebSocket();
        try
        {
            prepare?.Invoke(socket);
            await ConnectAsync(socket, wasConnectedBefore, stop).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task ConnectAsync(ClientWebSocket socket, bool wasConnectedBefore, CancellationToken stop)
    {
        socket.Options.AddSubProtocol(ProtocolLimits.SubProtocol);
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        socket.Options.DangerousDeflateOptions = null;
        if (options.Token is not null)
        {
            socket.Options.SetRequestHeader("Authorization", "Bearer " + options.Token);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(AttemptTimeout);
        SocketsHttpHandler handler = Handler(options.Server);
        ServerCertificateCheck check = Trust(handler);
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        try
        {
            await socket.ConnectAsync(WebSocketUri(), invoker, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException or OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            throw new DialException(Explain(socket, e, check, wasConnectedBefore)) { Answer = UpgradeAnswer.Of(socket) };
        }

        if (socket.SubProtocol != ProtocolLimits.SubProtocol)
        {
            throw new DialException(NotGgrok("it does not speak " + ProtocolLimits.SubProtocol, wasConnectedBefore)) { Answer = UpgradeAnswer.Of(socket) };
        }
    }

    /// <summary>What carries HTTP to a server: over the environment's proxy, unless the server is on this machine.</summary>
    public static SocketsHttpHandler Handler(Uri server) => new()
    {
        UseProxy = !server.IsLoopback,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectCallback = null,
        PlaintextStreamFilter = static (context, _) => ValueTask.FromResult<Stream>(new ReadAheadStream(context.PlaintextStream)),
    };

    // Read anew each time, so that a renewed certificate is used without a restart.
    private ServerCertificateCheck Trust(SocketsHttpHandler handler)
    {
        try
        {
            return options.Trust.Apply(handler.SslOptions);
        }
        catch (PemException e)
        {
            handler.Dispose();
            throw new DialException(new SessionOutcome(e.Message));
        }
    }

    /// <summary>What the server grants over a new WebSocket.</summary>
    /// <param name="socket">The WebSocket.</param>
    /// <param name="slot">Which of the client's connections it is; null where it has only one.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="DialException">Refused or lost; the outcome says why and whether to try again.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public Task<Welcome> ShakeHandsAsync(ClientWebSocket socket, ConnectionSlot? slot, CancellationToken stop) =>
        ShakeHandsAsync(socket, MakeHello() with { Connection = slot }, Accepted, stop);

    private static async Task<T> ShakeHandsAsync<T>(ClientWebSocket socket, Hello hello, Func<Welcome, T> accept, CancellationToken stop)
    {
        var transport = new WebSocketTransport(socket);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(AttemptTimeout);
        await using CancellationTokenRegistration abort = limit.Token.UnsafeRegister(static s => ((ClientWebSocket)s!).Abort(), socket);
        try
        {
            await transport.SendAsync(HandshakeCodec.Encode(FrameKind.Hello, hello, HandshakeJson.Default.Hello)).ConfigureAwait(false);
            byte[] message = await HandshakeChannel.ReceiveAsync(transport).ConfigureAwait(false);
            (FrameKind kind, byte[] payload) = HandshakeCodec.DecodeFrame(message);
            return kind switch
            {
                FrameKind.Welcome => accept(HandshakeCodec.DecodePayload(payload, HandshakeJson.Default.Welcome)),
                FrameKind.Rejected => throw Refused(HandshakeCodec.DecodePayload(payload, HandshakeJson.Default.Rejected)),
                _ => throw new ProtocolViolationException(CloseReason.FrameMalformed),
            };
        }
        catch (IOException e)
        {
            stop.ThrowIfCancellationRequested();
            throw new DialException(new SessionOutcome($"The server dropped the connection during the handshake: {e.Message}"));
        }
        catch (ProtocolViolationException e)
        {
            throw new DialException(new SessionOutcome(e.Message, ExitCode.ProtocolTooOld));
        }
    }

    // What the rest of the client relies on. Annotations speak of members, not of the elements of lists.
    private Welcome Accepted(Welcome welcome)
    {
        bool fits = welcome.Tunnels.Count == options.Tunnels.Count
            && (welcome.Connect?.Count ?? 0) == options.Connect.Count
            && welcome.Tunnels.All(t => t is not null && Uri.TryCreate(t.Url, UriKind.Absolute, out _))
            && welcome.Connect?.Contains(null!) != true
            && welcome.Resume is null or { GraceMs: > 0, BufferBytes: > 0 }
            && (welcome.Resume is null || ResumeProof.IsKey(welcome.Resume.Key));
        if (!fits)
        {
            throw new ProtocolViolationException(CloseReason.FrameMalformed);
        }

        // A server from before there were policies would ignore them, and let everybody in.
        LocalTunnel? unguarded = options.Tunnels.Where((t, i) => t.Policies.Count > (welcome.Tunnels[i].Policies ?? 0)).FirstOrDefault();
        if (unguarded is not null)
        {
            throw TooOld(welcome, string.Join(", ", unguarded.Policies.Select(p => p.Name).Distinct(StringComparer.Ordinal)), unguarded.Name);
        }

        // One that knows nothing of conditions would send everything.
        for (int i = 0; i < options.Tunnels.Count; i++)
        {
            LocalTunnel tunnel = options.Tunnels[i];
            TunnelGrant grant = welcome.Tunnels[i];
            string? missing = tunnel.Match is not null && grant.Match is null ? "match"
                : tunnel.Pool is not null && grant.Pool is null ? "pool"
                : tunnel.Health is not null && grant.Checked is null ? "health"
                : null;
            if (missing is not null)
            {
                throw TooOld(welcome, missing, tunnel.Name);
            }
        }

        return welcome;
    }

    private static DialException TooOld(Welcome welcome, string what, string tunnel) => new(new SessionOutcome(
        $"The server ({Printable.Clean(welcome.Version)}) is too old to apply {what} to {tunnel}; upgrade it, or leave it out.", ExitCode.ProtocolTooOld));

    private Hello MakeHello() => new(
        ProtocolLimits.Version,
        options.ClientId,
        instance,
        ProgramVersion.Current,
        options.Label,
        options.Server.GetLeftPart(UriPartial.Authority),
        [.. options.Tunnels.Select(t => new TunnelRequest(t.Name, t.Kind.ToWire(), t.Subdomain, t.Host, t.Path, t.StripPath, t.RemotePort, t.PrivateName,
            t.Policies.Count > 0 ? t.Policies : null, t.Pool, t.Health, t.Match?.Texts,
            t.AwayWait > TimeSpan.Zero ? (int)t.AwayWait.TotalMilliseconds : null))],
        options.Connect.Count == 0 ? null : [.. options.Connect.Select(c => c.Name)],
        Resumable: options.ResumeBuffer > 0 ? new ResumeOffer(options.ResumeBuffer) : null);

    private Uri WebSocketUri() => new UriBuilder(options.Server)
    {
        Scheme = options.Server.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs,
        Path = ProtocolLimits.Path,
    }.Uri;

    private static DialException Refused(Rejected rejected)
    {
        ExitCode? terminal = rejected.MayRetry ? null : rejected.Code switch
        {
            RejectCode.TokenRefused => ExitCode.TokenRefused,
            RejectCode.NameTaken or RejectCode.PortUnavailable => ExitCode.NameTaken,
            RejectCode.ProtocolUnsupported => ExitCode.ProtocolTooOld,
            _ => ExitCode.Refused,
        };
        TimeSpan? retryAfter = rejected.RetryAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        string tunnel = rejected.Tunnel is null ? "" : Printable.Clean(rejected.Tunnel) + ": ";
        return new DialException(new SessionOutcome(tunnel + Printable.CleanMessage(rejected.Message), terminal, retryAfter))
        {
            Refusal = rejected.Code,
            Node = rejected.Node,
            Ended = rejected.Ended,
        };
    }

    private SessionOutcome Explain(ClientWebSocket socket, Exception exception, ServerCertificateCheck check, bool wasConnectedBefore)
    {
        int status = (int)socket.HttpStatusCode;
        return status switch
        {
            0 when check.Problem is { } problem => new SessionOutcome($"{options.Server.Authority} {problem}"),
            0 => new SessionOutcome(Unreachable.Explain(options.Server, exception)),
            401 or 403 => new SessionOutcome(
                IdentityRefusal.Explain(options.Token is not null, options.Trust.CertificateFile, UpgradeAnswer.ValuesOf(socket, "WWW-Authenticate")), ExitCode.TokenRefused),
            400 or 426 when UpgradeAnswer.Of(socket).GgrokError is not null => new SessionOutcome(
                "The server does not speak this client's protocol; install a ggrok of the server's version.", ExitCode.ProtocolTooOld),
            429 when UpgradeAnswer.Of(socket).GgrokError == nameof(RejectCode.TooManyAttempts) => new SessionOutcome(
                "The server saw too many unknown tokens from this address and makes it wait.", RetryAfter: RetryAfterOf(socket)),
            408 or 425 or 429 or >= 500 => new SessionOutcome(
                string.Create(CultureInfo.InvariantCulture, $"The server answered {status}; it may be starting or restarting."), RetryAfter: RetryAfterOf(socket)),
            _ => NotGgrok(string.Create(CultureInfo.InvariantCulture, $"it answered {status}"), wasConnectedBefore),
        };
    }

    // A platform may answer for a while in the server's place: once it was there, it is waited for.
    private SessionOutcome NotGgrok(string why, bool wasConnectedBefore) => new(
        $"{options.Server.Authority} is not a Ggrok server: {why}. Check --server.",
        wasConnectedBefore ? null : ExitCode.NotAGgrokServer);

    private static TimeSpan? RetryAfterOf(ClientWebSocket socket) =>
        UpgradeAnswer.ValuesOf(socket, "Retry-After").FirstOrDefault() is { } text
            && RetryConditionHeaderValue.TryParse(text, out RetryConditionHeaderValue? value)
                ? value.Delta ?? (value.Date - DateTimeOffset.UtcNow)
                : null;
}
