using System.Globalization;

namespace Ggrok.Bench.Peers;

/// <summary>Where visitors of a peer go.</summary>
/// <param name="Port">Loopback port.</param>
/// <param name="Host">What they send as Host.</param>
internal sealed record Entrance(int Port, string Host)
{
    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <summary>An entrance that is known by its own address.</summary>
    public static Entrance At(int port) => new(port, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"));

    /// <summary>A client that goes straight to it and changes nothing.</summary>
    public HttpClient CreateClient() =>
        new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };

    public HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, Url + path);
        request.Headers.Host = Host;
        return request;
    }
}
