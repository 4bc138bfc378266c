using System.Security.Cryptography;
using Ggrok.Bench.App;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Scenarios;

/// <summary>The same bytes arrive: small and big file down, big file up, compared by SHA-256.</summary>
internal sealed class Verification(string size) : IScenario
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Metric _equal = new("verify.equal", $"SHA-256 of {size} down and up", "'equal'") { HasRatio = false };

    public string Id => "verify";

    public IReadOnlyList<Metric> Metrics => [_equal];

    public bool Repeats => false;

    public async Task MeasureAsync(Subject subject, Measurements into, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        using HttpClient http = subject.Entrance.CreateClient();
        BulkFile bulk = subject.App.Bulk;
        Compare("download", bulk.Sha256, await DownloadedAsync(http, subject.Entrance, limit.Token).ConfigureAwait(false));
        Compare("upload", bulk.Sha256, await UploadedAsync(http, subject.Entrance, bulk.Path, limit.Token).ConfigureAwait(false));
        into.Add(subject.Peer.Id, _equal, 1);
    }

    private static async Task<string> DownloadedAsync(HttpClient http, Entrance entrance, CancellationToken stop)
    {
        using HttpRequestMessage request = entrance.Request(HttpMethod.Get, "/bulk");
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        await using Stream body = await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        return Convert.ToHexString(await SHA256.HashDataAsync(body, stop).ConfigureAwait(false));
    }

    private static async Task<string> UploadedAsync(HttpClient http, Entrance entrance, string path, CancellationToken stop)
    {
        await using FileStream file = File.OpenRead(path);
        using HttpRequestMessage request = entrance.Request(HttpMethod.Put, "/upload?sha256");
        request.Content = new StreamContent(file, 256 * 1024);
        using HttpResponseMessage response = await http.SendAsync(request, stop).ConfigureAwait(false);
        string answer = await response.Content.ReadAsStringAsync(stop).ConfigureAwait(false);
        return response.IsSuccessStatusCode ? answer : throw new InvalidOperationException($"The upload was answered {(int)response.StatusCode}: {answer}");
    }

    private static void Compare(string what, string expected, string actual)
    {
        if (actual != expected)
        {
            throw new InvalidOperationException($"The {what} differs: SHA-256 {actual} instead of {expected}.");
        }
    }
}
