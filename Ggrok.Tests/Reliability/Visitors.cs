using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Reliability;

/// <summary>Visitors who come again and again, with GET and POST in turn, and keep what was not answered as it should be.</summary>
internal sealed class Visitors : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _visiting = [];
    private readonly TimeSpan _pause;
    private int _answered;
    private int _number;

    /// <param name="url">What they visit.</param>
    /// <param name="count">How many at once.</param>
    /// <param name="host">Host that they ask for; null for that of the address.</param>
    /// <param name="pause">Between two requests of one visitor.</param>
    /// <param name="patience">How long one waits for an answer.</param>
    public Visitors(Uri url, int count, string? host = null, TimeSpan pause = default, TimeSpan? patience = null)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = url,
            Timeout = patience ?? Within.Limit,
        };
        _pause = pause;
        _visiting.AddRange(Enumerable.Range(0, count).Select(i => Task.Run(() => VisitAsync(i, host))));
    }

    public int Answered => Volatile.Read(ref _answered);

    public ConcurrentQueue<string> Problems { get; } = new();

    /// <summary>Waits until so many more were answered.</summary>
    public Task MoreAsync(int answers)
    {
        int enough = Answered + answers;
        return Eventually.BecomesAsync(() => Task.FromResult(Answered >= enough || !Problems.IsEmpty), true);
    }

    /// <summary>Lets them finish what they have begun.</summary>
    public async Task EndAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_visiting);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task VisitAsync(int visitor, string? host)
    {
        for (int i = visitor; !_stop.IsCancellationRequested; i++)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"{visitor}-{Interlocked.Increment(ref _number)}");
            using var request = new HttpRequestMessage(i % 2 == 0 ? HttpMethod.Get : HttpMethod.Post, "/visit");
            request.Headers.Add(CountingApp.IdField, id);
            request.Headers.Host = host;
            string body = request.Method == HttpMethod.Post ? "body of " + id : "";
            request.Content = body.Length > 0 ? new StringContent(body) : null;
            try
            {
                using HttpResponseMessage response = await _http.SendAsync(request, CancellationToken.None);
                string text = await response.Content.ReadAsStringAsync(CancellationToken.None);
                if (response.StatusCode != HttpStatusCode.OK || text != $"{id} {body}")
                {
                    string error = response.Headers.TryGetValues("X-Ggrok-Error", out IEnumerable<string>? names) ? string.Join(',', names) : text;
                    Problems.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {request.Method} {id}: {(int)response.StatusCode} {error}");
                }

                Interlocked.Increment(ref _answered);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                Problems.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {request.Method} {id}: {e.GetType().Name} {e.Message} {e.InnerException?.Message}");
            }

            await Task.Delay(_pause);
        }
    }
}
