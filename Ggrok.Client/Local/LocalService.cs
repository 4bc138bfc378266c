using Ggrok.Client.Connection;
using Ggrok.Client.Local.Http1;
using Ggrok.Client.Local.Http2;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local;

/// <summary>The service behind one tunnel: knows what it speaks, and keeps its connections.</summary>
internal sealed class LocalService(LocalTunnel tunnel, TimeProvider time)
{
    private const int Unknown = 0;
    private const int SpeaksHttp1 = 1;
    private const int SpeaksHttp2 = 2;

    private readonly LocalConnectionPool _http1 = new(tunnel.Target, tunnel.InsecureTarget, time);
    private readonly Lazy<Http2Client> _http2 = new(() => new Http2Client(tunnel));

    // What ALPN gave.
    private int _negotiated = Unknown;

    /// <summary>The exchange for one request, over what the service speaks.</summary>
    /// <exception cref="LocalConnectException">It had to be asked, and could not be.</exception>
    /// <exception cref="OperationCanceledException">The visitor is gone.</exception>
    public async ValueTask<ILocalExchange> OpenAsync(MuxStream stream, RequestHead request, int maxHeadBytes) =>
        await SpeaksHttp2Async(stream, request).ConfigureAwait(false)
            ? new Http2Exchange(_http2.Value, tunnel, stream, request, maxHeadBytes)
            : new Http1Exchange(_http1, tunnel, stream, request, maxHeadBytes, time);

    /// <summary>Learns from how an exchange ended: a service that could not be talked to is asked anew what it speaks.</summary>
    public void Ended(RelayError error)
    {
        if (error is RelayError.LocalUnreachable or RelayError.LocalTlsFailed or RelayError.LocalProtocol)
        {
            _negotiated = Unknown;
        }
    }

    private ValueTask<bool> SpeaksHttp2Async(MuxStream stream, RequestHead request) => tunnel.TargetProtocol switch
    {
        // An upgrade is HTTP/1.1's (RFC 9113 section 8.6).
        _ when request.Upgrade is not null => ValueTask.FromResult(false),
        TargetProtocol.Http1 => ValueTask.FromResult(false),
        TargetProtocol.H2c or TargetProtocol.H2 => ValueTask.FromResult(true),
        _ when tunnel.Target.Scheme != Uri.UriSchemeHttps => ValueTask.FromResult(request.Method == "POST" && IsGrpc(request)),
        _ when _negotiated != Unknown => ValueTask.FromResult(_negotiated == SpeaksHttp2),
        _ => NegotiateAsync(stream),
    };

    private async ValueTask<bool> NegotiateAsync(MuxStream stream)
    {
        bool isHttp2 = await _http1.NegotiatesHttp2Async(stream.Aborted).ConfigureAwait(false);
        _negotiated = isHttp2 ? SpeaksHttp2 : SpeaksHttp1;
        return isHttp2;
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
