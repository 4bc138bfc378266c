using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Sharing;

namespace Ggrok.Client.Connection;

/// <summary>Asks the server over plain HTTP about what belongs to this installation, on the way that tunnels take.</summary>
internal sealed class ServerApi : IDisposable
{
    private const int LongestAnswer = 4 * 1024 * 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http;
    private readonly Uri _server;
    private readonly string _feature;
    private readonly ServerCertificateCheck _check;

    /// <param name="options">Server, token, identity and trust.</param>
    /// <param name="feature">What a server is asked for, in words: one that is too old has none.</param>
    /// <exception cref="Ggrok.Shared.Certificates.PemException">A file cannot be used.</exception>
    public ServerApi(TunnelClientOptions options, string feature)
    {
        _server = options.Server;
        _feature = feature;
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

        _http = new HttpClient(handler) { BaseAddress = options.Server, Timeout = Limit, MaxResponseContentBufferSize = LongestAnswer };
        _http.DefaultRequestHeaders.Add("X-Ggrok-Client", options.ClientId);
        if (options.Token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", options.Token);
        }
    }

    /// <summary>What the server answers; null where it answers without a body.</summary>
    /// <exception cref="ServerApiException">The server refuses, or cannot be asked.</exception>
    public Task<T?> AskAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken stop, HttpContent? body = null)
        where T : class => TriedAsync(async () =>
        {
            using var request = new HttpRequestMessage(method, path) { Content = body };
            using HttpResponseMessage response = await _http.SendAsync(request, stop).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.NoContent ? null
                : response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync(type, stop).ConfigureAwait(false)
                : throw await RefusalAsync(response, stop).ConfigureAwait(false);
        }, stop);

    /// <summary>What the server answers, where it must answer with a body.</summary>
    /// <exception cref="ServerApiException">The server refuses, or cannot be asked.</exception>
    public async Task<T> GetAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken stop, HttpContent? body = null)
        where T : class => await AskAsync(method, path, type, stop, body).ConfigureAwait(false) ?? throw NotGgrok(HttpStatusCode.NoContent);

    /// <summary>Copies what the server answers, whatever its size; returns how many bytes that were.</summary>
    /// <exception cref="ServerApiException">The server refuses, cannot be asked, or broke off.</exception>
    /// <exception cref="IOException"><paramref name="to"/> cannot be written.</exception>
    public async Task<long> CopyAsync(string path, Stream to, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using HttpResponseMessage response = await TriedAsync(() => _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop), stop).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw await TriedAsync(() => RefusalAsync(response, stop), stop).ConfigureAwait(false);
        }

        await using Stream from = await TriedAsync(() => response.Content.ReadAsStreamAsync(stop), stop).ConfigureAwait(false);
        byte[] buffer = new byte[64 * 1024];
        long copied = 0;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        while (true)
        {
            // So long it may send nothing; all of it may take longer.
            limit.CancelAfter(Limit);
            int count = await TriedAsync(() => from.ReadAsync(buffer, limit.Token).AsTask(), stop).ConfigureAwait(false);
            if (count == 0)
            {
                return copied;
            }

            await to.WriteAsync(buffer.AsMemory(0, count), stop).ConfigureAwait(false);
            copied += count;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> TriedAsync<T>(Func<Task<T>> ask, CancellationToken stop)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or NotSupportedException or IOException || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            throw new ServerApiException(ExitCode.Failed, _check.Problem is { } problem ? $"{_server.Authority} {problem}"
                : e is JsonException or NotSupportedException ? NotGgrok(HttpStatusCode.OK).Message
                : Unreachable.Explain(_server, e));
        }
    }

    private async Task<ServerApiException> RefusalAsync(HttpResponseMessage response, CancellationToken stop)
    {
        try
        {
            // Every refusal of the server has this form.
            ShareRefusal? refusal = await response.Content.ReadFromJsonAsync(ShareJson.Default.ShareRefusal, stop).ConfigureAwait(false);
            ExitCode code = response.StatusCode == HttpStatusCode.Unauthorized ? ExitCode.TokenRefused : ExitCode.Failed;
            return refusal is null ? NotGgrok(response.StatusCode)
                : new ServerApiException(code, Printable.CleanMessage(refusal.Message)) { Status = (int)response.StatusCode };
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return NotGgrok(response.StatusCode);
        }
    }

    private ServerApiException NotGgrok(HttpStatusCode status) =>
        new(ExitCode.NotAGgrokServer, $"{_server.Authority} has no {_feature} (it answered {(int)status}): it is no Ggrok server, or too old. Check --server.");
}

/// <summary>What was asked for did not happen.</summary>
internal sealed class ServerApiException(ExitCode code, string message) : Exception(message)
{
    /// <summary>Exit code of the program.</summary>
    public ExitCode Code => code;

    /// <summary>Status of the server's refusal; 0 where it gave none.</summary>
    public int Status { get; init; }
}
