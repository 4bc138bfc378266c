using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Client.Cli;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Remote;

/// <summary>Asks the inspector of a client that runs on this machine.</summary>
internal sealed class InspectorClient : IDisposable
{
    private readonly HttpClient _http;
    private string? _secret;

    /// <summary>Nothing is sent yet.</summary>
    public InspectorClient(int port)
    {
        // Straight to this machine, whatever the environment says of proxies; and what it asks for may take its time.
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false };
        _http = new HttpClient(handler) { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Timeout.InfiniteTimeSpan };
        Port = port;
    }

    /// <summary>Its port.</summary>
    public int Port { get; }

    /// <summary>Its status, or null when nothing there is an inspector.</summary>
    /// <param name="within">How long to wait for an answer.</param>
    /// <param name="stop">Gives up.</param>
    public async Task<StatusDetails?> ProbeAsync(TimeSpan within, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(within);
        try
        {
            using HttpResponseMessage response = await _http.GetAsync("/api/status", HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType == "application/json"
                ? await ReadAsync(response, InspectorJson.Relaxed.StatusDetails, limit.Token).ConfigureAwait(false)
                : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InspectorException || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>What the API answers, as it came.</summary>
    /// <exception cref="UsageException">What was asked for is not valid.</exception>
    /// <exception cref="InspectorException">It cannot be done.</exception>
    public async Task<byte[]> GetBytesAsync(string path, CancellationToken stop)
    {
        using HttpResponseMessage response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), stop).ConfigureAwait(false);
        return await TriedAsync(() => response.Content.ReadAsByteArrayAsync(stop)).ConfigureAwait(false);
    }

    /// <summary>What the API answers, as JSON.</summary>
    /// <exception cref="UsageException">What was asked for is not valid.</exception>
    /// <exception cref="InspectorException">It cannot be done.</exception>
    public async Task<JsonElement> GetAsync(string path, CancellationToken stop) => Parse(await GetBytesAsync(path, stop).ConfigureAwait(false));

    /// <summary>Changes something.</summary>
    /// <exception cref="UsageException">What was asked for is not valid.</exception>
    /// <exception cref="InspectorException">It cannot be done.</exception>
    public async Task<byte[]> WriteAsync(HttpMethod method, string path, JsonObject? body, CancellationToken stop)
    {
        _secret ??= Read(await GetAsync("/api/session", stop).ConfigureAwait(false), InspectorJson.Relaxed.SessionDetails).Secret;
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add(LocalGuard.SecretField, _secret);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json"));
        }

        using HttpResponseMessage response = await SendAsync(request, stop).ConfigureAwait(false);
        return await TriedAsync(() => response.Content.ReadAsByteArrayAsync(stop)).ConfigureAwait(false);
    }

    /// <summary>The stream of events; the caller disposes it.</summary>
    /// <exception cref="InspectorException">It cannot be had.</exception>
    public async Task<Stream> EventsAsync(CancellationToken stop)
    {
        HttpResponseMessage response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/events"), stop).ConfigureAwait(false);
        return await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
    }

    /// <summary>An answer as what the API says it is.</summary>
    /// <exception cref="InspectorException">It is something else.</exception>
    public static T Read<T>(JsonElement json, JsonTypeInfo<T> type)
    {
        try
        {
            return json.Deserialize(type) ?? throw NotUnderstood();
        }
        catch (JsonException)
        {
            throw NotUnderstood();
        }
    }

    /// <summary>The rows in a list of exchanges.</summary>
    /// <exception cref="InspectorException">It is no such list.</exception>
    public static IEnumerable<(ExchangeRow Row, JsonElement Json)> Rows(JsonElement list) => list.ValueKind == JsonValueKind.Array
        ? list.EnumerateArray().Select(e => (Read(e, InspectorJson.Relaxed.ExchangeRow), e))
        : throw NotUnderstood();

    /// <summary>JSON as it came.</summary>
    /// <exception cref="InspectorException">It is none.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw NotUnderstood();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static InspectorException NotUnderstood() => new("The answer of the inspector cannot be understood; is the running ggrok another version?");

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken stop) =>
        Read(Parse(await response.Content.ReadAsByteArrayAsync(stop).ConfigureAwait(false)), type);

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken stop)
    {
        HttpResponseMessage response = await TriedAsync(() => _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop)).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            string text = await TriedAsync(() => response.Content.ReadAsStringAsync(stop)).ConfigureAwait(false);
            string sentence = Describe(text) ?? $"The inspector answered {(int)response.StatusCode}.";
            throw response.StatusCode == System.Net.HttpStatusCode.BadRequest ? new UsageException(sentence) : new InspectorException(sentence);
        }
    }

    private async Task<T> TriedAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new InspectorException($"The ggrok at http://127.0.0.1:{Port} does not answer any more; it may have been stopped.");
        }
    }

    // A problem as of RFC 9457.
    private static string? Describe(string text)
    {
        try
        {
            ProblemBody? problem = JsonSerializer.Deserialize(text, InspectorJson.Relaxed.ProblemBody);
            return problem is null ? null : Printable.CleanMessage(problem.Detail is null ? problem.Title : $"{problem.Title} {problem.Detail}");
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
