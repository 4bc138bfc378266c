using System.Globalization;
using System.Text;

namespace Ggrok.Demo.SampleApp;

/// <summary>
/// A chunked HTTP/1.1 response body with a trailer (RFC 9112 section 7.1.2). Kestrel has trailers over HTTP/2 only, and
/// leaves the chunked coding to an app that announces it itself.
/// </summary>
internal sealed class TrailerBody
{
    private readonly HttpResponse _response;
    private readonly string _trailer;

    private TrailerBody(HttpResponse response, string trailer)
    {
        _response = response;
        _trailer = trailer;
    }

    /// <summary>Announces the trailer; to be called before the body begins.</summary>
    public static TrailerBody Announce(HttpResponse response, string trailer)
    {
        // Without a body Kestrel takes the coding for a broken promise and drops the connection.
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            response.Headers.TransferEncoding = "chunked";
        }

        response.Headers.Trailer = trailer;
        return new TrailerBody(response, trailer);
    }

    /// <summary>Writes one chunk.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        await AsciiAsync(bytes.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n", cancellation).ConfigureAwait(false);
        await _response.Body.WriteAsync(bytes, cancellation).ConfigureAwait(false);
        await AsciiAsync("\r\n", cancellation).ConfigureAwait(false);
    }

    /// <summary>Ends the body with the trailer's value.</summary>
    public ValueTask EndAsync(string value, CancellationToken cancellation) => AsciiAsync($"0\r\n{_trailer}: {value}\r\n\r\n", cancellation);

    private ValueTask AsciiAsync(string text, CancellationToken cancellation) => _response.Body.WriteAsync(Encoding.ASCII.GetBytes(text), cancellation);
}
