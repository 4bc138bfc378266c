using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Local.Http1;
using Ggrok.Client.Local.Http2;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local;

/// <summary>The service behind one tunnel: knows what it speaks, and keeps its connections.</summary>
internal sealed class LocalService(LocalTunnel tunnel, TimeProvider time)
{
    private const int Unknown = 0;
    private const int HasHttp1 = 1;
    private const int HasHttp2 = 2;

    private readonly LocalConnectionPool _http1 = new(tunnel.Target, tunnel.InsecureTarget, time);
    private readonly KnockingDelivery _knocking = new(tunnel);
    private readonly Lazy<Http2Client> _http2 = new(() => new Http2Client(tunnel));

    // What ALPN gave.
    private int _negotiated = Unknown;

    /// <summary>The exchange for one request, over what the service speaks.</summary>
    /// <exception cref="LocalConnectException">It had to be asked, and could not be.</exception>
    /// <exception cref="OperationCanceledException">The visitor is gone.</exception>
    public ValueTask<ILocalExchange> OpenAsync(MuxStream stream, RequestHead request, int maxHeadBytes, RecordingExchange? recording) =>
        SpeaksHttp2(request) is { } isHttp2
            ? ValueTask.FromResult(NewExchange(isHttp2, stream, request, maxHeadBytes, recording))
            : NegotiateAsync(stream, request, maxHeadBytes, recording);

    /// <summary>Learns from how an exchange ended: a service that could not be talked to is asked anew what it speaks.</summary>
    public void Ended(RequestHead request, RelayError error)
    {
        _knocking.Ended(request, error);
        if (error is RelayError.LocalUnreachable or RelayError.LocalTlsFailed or RelayError.LocalProtocol)
        {
            _negotiated = Unknown;
        }
    }

    /// <summary>Whether a request out of an inbox comes again although nothing listens still; nobody needs to hear of it.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public ValueTask<bool> KnocksInVainAsync(RequestHead request, CancellationToken cancellation) =>
        _knocking.IsAgain(request) ? Not(_knocking.IsTakenAsync(cancellation)) : ValueTask.FromResult(false);

    private static async ValueTask<bool> Not(ValueTask<bool> value) => !await value.ConfigureAwait(false);

    private ILocalExchange NewExchange(bool isHttp2, MuxStream stream, RequestHead request, int maxHeadBytes, RecordingExchange? recording) => isHttp2
        ? new Http2Exchange(_http2.Value, tunnel, stream, request, maxHeadBytes, recording)
        : new Http1Exchange(_http1, tunnel, stream, request, maxHeadBytes, time, recording);

    // Null when the service has to be asked.
    private bool? SpeaksHttp2(RequestHead request) => tunnel.TargetProtocol switch
    {
        // An upgrade is HTTP/1.1's (RFC 9113 section 8.6).
        _ when request.Upgrade is not null => false,
        TargetProtocol.Http1 => false,
        TargetProtocol.H2c or TargetProtocol.H2 => true,
        _ when tunnel.Target.Scheme != Uri.UriSchemeHttps => request.Method == "POST" && IsGrpc(request),
        _ when _negotiated != Unknown => _negotiated == HasHttp2,
        _ => null,
    };

    private async ValueTask<ILocalExchange> NegotiateAsync(MuxStream stream, RequestHead request, int maxHeadBytes, RecordingExchange? recording)
    {
        bool isHttp2 = await _http1.NegotiatesHttp2Async(stream.Aborted).ConfigureAwait(false);
        _negotiated = isHttp2 ? HasHttp2 : HasHttp1;
        return NewExchange(isHttp2, stream, request, maxHeadBytes, recording);
    }

    // Not gRPC-Web, which is made for HTTP/1.1.
    private static bool IsGrpc(RequestHead request)
    {
        const string Type = "application/grpc";
        foreach (HeaderField field in request.Headers)
        {
            if (field.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            {
                return field.Value.StartsWith(Type, StringComparison.OrdinalIgnoreCase)
                    && (field.Value.Length == Type.Length || field.Value[Type.Length] is '+' or ';' or ' ');
            }
        }

        return false;
    }
}
