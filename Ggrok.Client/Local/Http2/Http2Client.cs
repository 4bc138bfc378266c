using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Ggrok.Client.Connection;

namespace Ggrok.Client.Local.Http2;

/// <summary>
/// HTTP/2 connections to one local service. Over HTTP/2 the platform's client is full duplex and carries trailers, and what
/// it does beyond (redirects, cookies, proxies, decompression, tracing) is switched off.
/// </summary>
internal sealed class Http2Client : IDisposable
{
    // Fixed: the 100 streams that services commonly allow on a connection then have at most half of the connection's
    // window, so that visitors who do not read cannot stop the others. Locally more would not be faster.
    private const int StreamWindowBytes = 256 * 1024;

    private readonly HttpMessageInvoker _invoker;

    static Http2Client()
    {
        // Read when the process makes its first HTTP/2 connection. Windows that adapt grow to 16 MiB, and four streams
        // that nobody reads would then hold up their connection.
        AppContext.SetSwitch("System.Net.SocketsHttpHandler.Http2FlowControl.DisableDynamicWindowSizing", true);
    }

    public Http2Client(LocalTunnel tunnel)
    {
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = async (_, cancellation) =>
            {
                Socket socket = await LocalDialer.DialAsync(tunnel.Target, cancellation).ConfigureAwait(false);

                // With TLS it is ALPN that tells.
                return tunnel.Target.Scheme == Uri.UriSchemeHttps
                    ? new NetworkStream(socket, ownsSocket: true)
                    : new GreetedStream(socket, () => IsNotHttp2 = true);
            },
            ConnectTimeout = LocalDialer.Timeout,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = StreamWindowBytes,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            SslOptions = LocalDialer.Tls(tunnel.Target, tunnel.InsecureTarget, SslApplicationProtocol.Http2),
            UseCookies = false,
            UseProxy = false,
        });
    }

    /// <summary>The last connection's answer was not HTTP/2.</summary>
    public bool IsNotHttp2 { get; private set; }

    /// <summary>Sends a request; completes with the response's head, while both bodies may still flow.</summary>
    /// <exception cref="HttpRequestException">There is no connection, or no response.</exception>
    /// <exception cref="OperationCanceledException">The visitor is gone; the local stream is reset.</exception>
    public async ValueTask<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken gone)
    {
        HttpResponseMessage response = await _invoker.SendAsync(request, gone).ConfigureAwait(false);
        IsNotHttp2 = false;
        return response;
    }

    public void Dispose() => _invoker.Dispose();
}
