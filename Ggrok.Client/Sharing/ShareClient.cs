using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Sharing;

namespace Ggrok.Client.Sharing;

/// <summary>Asks the server for share links of this installation's tunnels, on the way that tunnels take.</summary>
internal sealed class ShareClient : IDisposable
{
    private const string Path = ProtocolLimits.Path + "/share/links";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http;
    private readonly Uri _server;
    private readonly ServerCertificateCheck _check;

    /// <exception cref="Ggrok.Shared.Certificates.PemException">A file cannot be used.</exception>
    public ShareClient(TunnelClientOptions options)
    {
        _server = options.Server;
        SocketsHttpHandler handler = Dialer.Handler(options.Server);
        try
        {
            _check = options.Trust.Apply(handler.SslOptions);
        }
        catch
        {
            handler.Dispose();
            throw;
        }

        _http = new HttpClient(handler) { BaseAddress = options.Server, Timeout = Limit, MaxResponseContentBufferSize = 1024 * 1024 };
        _http.DefaultRequestHeaders.Add("X-Ggrok-Client", options.ClientId);
        if (options.Token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", options.Token);
        }
    }

    /// <summary>Makes a link.</summary>
    /// <exception cref="ShareException">The server refuses, or cannot be asked.</exception>
    public async Task<ShareLinkInfo> AddAsync(ShareOrder order, CancellationToken stop)
    {
        // With a length: that is all that the server reads.
        using var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(order, ShareJson.Default.ShareOrder));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await AskAsync(HttpMethod.Post, Path, ShareJson.Default.ShareLinkInfo, stop, body).ConfigureAwait(false) ?? throw NotGgrok(HttpStatusCode.NoContent);
    }

    /// <summary>The links that are good.</summary>
    /// <exception cref="ShareException">The server refuses, or cannot be asked.</exception>
    public async Task<ShareLinkInfo[]> ListAsync(CancellationToken stop) =>
        await AskAsync(HttpMethod.Get, Path, ShareJson.Default.ShareLinkInfoArray, stop).ConfigureAwait(false) ?? [];

    /// <summary>Ends a link, and what it gave.</summary>
    /// <exception cref="ShareException">There is none with this id, or the server cannot be asked.</exception>
    public Task RevokeAsync(string id, CancellationToken stop) =>
        AskAsync(HttpMethod.Delete, $"{Path}/{Uri.EscapeDataString(id)}", ShareJson.Default.ShareRefusal, stop);

    public void Dispose() => _http.Dispose();

    private async Task<T?> AskAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken stop, HttpContent? body = null)
        where T : class
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, stop).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.NoContent ? null
                : response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync(type, stop).ConfigureAwait(false)
                : throw await RefusalAsync(response, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or NotSupportedException or IOException || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            throw new ShareException(ExitCode.Failed, _check.Problem is { } problem ? $"{_server.Authority} {problem}"
                : e is JsonException or NotSupportedException ? NotGgrok(HttpStatusCode.OK).Message
                : Unreachable.Explain(_server, e));
        }
    }

    private async Task<ShareException> RefusalAsync(HttpResponseMessage response, CancellationToken stop)
    {
        try
        {
            ShareRefusal? refusal = await response.Content.ReadFromJsonAsync(ShareJson.Default.ShareRefusal, stop).ConfigureAwait(false);
            return refusal is null ? NotGgrok(response.StatusCode)
                : new ShareException(response.StatusCode == HttpStatusCode.Unauthorized ? ExitCode.TokenRefused : ExitCode.Failed, Printable.CleanMessage(refusal.Message));
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return NotGgrok(response.StatusCode);
        }
    }

    private ShareException NotGgrok(HttpStatusCode status) =>
        new(ExitCode.NotAGgrokServer, $"{_server.Authority} has no share links (it answered {(int)status}): it is no Ggrok server, or too old. Check --server.");
}

/// <summary>What was asked for did not happen.</summary>
internal sealed class ShareException(ExitCode code, string message) : Exception(message)
{
    /// <summary>Exit code of the program.</summary>
    public ExitCode Code => code;
}
