using System.Net.Http.Headers;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Metrics;

/// <summary>Reads a server's metrics over HTTP.</summary>
internal static class Scraper
{
    public const string AdminToken = "admin-secret-0123456789";

    public const string OpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// <summary>A token for administration, and one for the client.</summary>
    public static (string Name, string Value) Tokens => ("GGROK_TOKENS", AdminToken + " admin, client-secret");

    public static HttpRequestMessage Request(RunningServer server, string? token = AdminToken, string? accept = null, string? host = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, "/$$ggrok/metrics"));
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        request.Headers.Host = host;
        return request;
    }

    public static async Task<Exposition> ScrapeAsync(RunningServer server, bool openMetrics = false)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Within.Limit };
        using HttpRequestMessage request = Request(server, accept: openMetrics ? OpenMetrics : null);
        using HttpResponseMessage answer = await http.SendAsync(request);
        ((int)answer.StatusCode).ShouldBe(200);
        answer.Content.Headers.ContentType!.ToString().ShouldBe(openMetrics ? OpenMetrics : "text/plain; version=0.0.4; charset=utf-8");
        return Exposition.Read(await answer.Content.ReadAsStringAsync(), openMetrics);
    }
}
