using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Ggrok.Shared.Edge.Credentials;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>
/// Asks providers: with a limit of time and size, and following no redirects. What a client named is asked only with https and at public
/// addresses; the address that was looked at is the one that is connected to, whatever the name says next time.
/// </summary>
internal sealed class ProviderHttp : IDisposable
{
    private const int LargestAnswer = 512 * 1024;
    private const int MostDepth = 32;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly Lazy<HttpClient> _trusting = new(() => Client(new SocketsHttpHandler()));
    private readonly Lazy<HttpClient> _guarded = new(() => Client(new SocketsHttpHandler { UseProxy = false, ConnectCallback = ConnectAsync }));

    /// <summary>The answer as JSON.</summary>
    /// <exception cref="LoginException">There was no answer that can be used.</exception>
    public async Task<JsonElement> AskAsync(HttpRequestMessage request, bool isGuarded)
    {
        Uri address = request.RequestUri!;
        if (isGuarded ? address.Scheme != Uri.UriSchemeHttps : !LoginProvider.IsTrustworthy(address))
        {
            throw LoginException.Provider($"{address.Authority} is not asked without https.");
        }

        request.Headers.UserAgent.ParseAdd("ggrok/" + ProgramVersion.Current);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        try
        {
            using HttpResponseMessage response = await (isGuarded ? _guarded : _trusting).Value.SendAsync(request).ConfigureAwait(false);
            byte[] body = await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw LoginException.Provider($"{address.Authority} answered {(int)response.StatusCode}{Complaint(body)}.");
            }

            return Parse(body);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException or JsonException or UriFormatException)
        {
            throw LoginException.Provider($"{address.Authority} gave no usable answer{(Refusal(e) is { } refusal ? ": " + refusal : "")}.", e);
        }
    }

    /// <summary>The answer to GET.</summary>
    /// <param name="address">Where.</param>
    /// <param name="isGuarded">Whether a client named it.</param>
    /// <param name="token">Access token; null for none.</param>
    /// <exception cref="LoginException">There was no answer that can be used.</exception>
    public async Task<JsonElement> GetAsync(Uri address, bool isGuarded, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return await AskAsync(request, isGuarded).ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (Lazy<HttpClient> client in (Lazy<HttpClient>[])[_trusting, _guarded])
        {
            if (client.IsValueCreated)
            {
                client.Value.Dispose();
            }
        }
    }

    private static HttpClient Client(SocketsHttpHandler handler)
    {
        handler.AllowAutoRedirect = false;
        handler.UseCookies = false;
        handler.ConnectTimeout = Limit;
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        handler.MaxResponseHeadersLength = 64;
        handler.ActivityHeadersPropagator = null;
        return new HttpClient(handler) { Timeout = Limit, MaxResponseContentBufferSize = LargestAnswer };
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        IPAddress[] addresses = IPAddress.TryParse(context.DnsEndPoint.Host, out IPAddress? literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellation).ConfigureAwait(false);
        if (addresses.Length == 0 || !Array.TrueForAll(addresses, PublicAddresses.Contains))
        {
            throw new HttpRequestException(NotPublic);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private const string NotPublic = "it is at no public address, where clients cannot send the server (GGROK_LOGIN_PRIVATE)";

    private static string? Refusal(Exception e) => e is HttpRequestException { Message: NotPublic } ? NotPublic : null;

    private static JsonElement Parse(byte[] body)
    {
        using JsonDocument document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MostDepth });
        return document.RootElement.Clone();
    }

    // RFC 6749 section 5.2: a word such as invalid_client, which helps the owner of the tunnel most.
    private static string Complaint(byte[] body)
    {
        try
        {
            return Parse(body) is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("error", out JsonElement error) && error.ValueKind == JsonValueKind.String
                ? $" ({Printable.Clean(error.GetString())})"
                : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
