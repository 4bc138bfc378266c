using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Tests.Metrics;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Dashboard;

/// <summary>What the API tells and does.</summary>
public sealed class DashboardApiTests
{
    [Fact]
    public async Task Tunnels_clients_and_figures_are_told()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Path == "/missing" ? 404 : 200;
            return context.Response.WriteAsync("hello");
        });
        await scene.VisitAsync("/");
        await scene.VisitAsync("/missing");
        await Eventually.BecomesAsync(async () => (await scene.GetAsync("/api/stats?seconds=60")).GetProperty("points").EnumerateArray().Sum(p => p.GetProperty("requests").GetInt32()), 2);

        JsonElement tunnel = (await scene.GetAsync("/api/tunnels"))[0];
        tunnel.GetProperty("name").GetString().ShouldBe(DashboardScene.TunnelHost);
        tunnel.GetProperty("url").GetString().ShouldBe($"http://{DashboardScene.TunnelHost}:{scene.Server.Url.Port}");
        tunnel.GetProperty("state").GetString().ShouldBe("up");
        tunnel.GetProperty("client").GetString().ShouldBe("anna@laptop");
        tunnel.GetProperty("address").GetString().ShouldBe("127.0.0.1");
        tunnel.GetProperty("traffic").GetProperty("requests").GetInt32().ShouldBe(2);
        tunnel.GetProperty("traffic").GetProperty("p95Ms").GetDouble().ShouldBeGreaterThan(0);

        JsonElement session = (await scene.GetAsync("/api/sessions"))[0];
        session.GetProperty("id").GetString().ShouldBe(tunnel.GetProperty("sessionId").GetString());
        session.GetProperty("token").GetString().ShouldBe("token-2");
        session.GetProperty("tunnels")[0].GetString().ShouldBe(DashboardScene.TunnelHost);

        JsonElement stats = await scene.GetAsync($"/api/stats?minutes=5&tunnel={DashboardScene.TunnelHost}");
        stats.GetProperty("secondsPerPoint").GetInt32().ShouldBe(60);
        stats.GetProperty("points").EnumerateArray().Sum(p => p.GetProperty("status4xx").GetInt32()).ShouldBe(1);
        stats.GetProperty("totals").GetProperty("responseBytes").GetInt32().ShouldBe(10);
        (await StatusAsync(scene, "/api/stats?tunnel=unknown.example")).ShouldBe(404);
        (await StatusAsync(scene, "/api/stats?seconds=5&minutes=5")).ShouldBe(400);
        (await StatusAsync(scene, "/api/stats?seconds=1000")).ShouldBe(400);
    }

    [Fact]
    public async Task A_client_whose_session_was_ended_says_so_and_does_not_come_back()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        string id = (await scene.GetAsync("/api/sessions"))[0].GetProperty("id").GetString()!;
        using HttpResponseMessage ended = await scene.AdminAsync(HttpMethod.Delete, "/api/sessions/" + id);
        ended.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        ClientExit exit = await scene.Client.Exit;
        exit.Code.ShouldBe(ExitCode.EndedByOperator);
        exit.Message.ShouldBe("The operator of the server ended this session; ask before you start it again.");
        await Eventually.BecomesAsync(async () => (await scene.GetAsync("/api/sessions")).GetArrayLength(), 0);

        // The name is free at once: nobody is expected back.
        await Eventually.BecomesAsync(async () => (await scene.GetAsync("/api/tunnels")).GetArrayLength(), 0);
        using HttpResponseMessage again = await scene.AdminAsync(HttpMethod.Delete, "/api/sessions/" + id);
        again.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Scraper.ScrapeAsync(scene.Server)).Value("ggrok_sessions_ended_total", ("reason", "EndedByOperator")).ShouldBe(1);
    }

    [Fact]
    public async Task A_token_is_made_shown_once_used_and_revoked()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        using HttpResponseMessage made = await scene.AdminAsync(HttpMethod.Post, "/api/tokens", new { name = "ci", grants = "hosts=*.tunnels.example" });
        made.StatusCode.ShouldBe(HttpStatusCode.Created, await made.Content.ReadAsStringAsync());
        string secret = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("secret").GetString()!;
        JsonElement listed = (await scene.GetAsync("/api/tokens")).EnumerateArray().Single(t => t.GetProperty("name").GetString() == "ci");
        listed.GetProperty("source").GetString().ShouldBe("store");
        listed.GetProperty("grants").GetString()!.ShouldContain("hosts=*.tunnels.example");
        (await scene.GetAsync("/api/tokens")).GetRawText().ShouldNotContain(secret);

        await using var client = new RunningClient(RunningClient.Options(scene.Server.Url, scene.App.Url, t => t with { Subdomain = "ci" }, token: secret));
        await client.Events.NextReadyAsync();
        (await scene.GetAsync("/api/tokens")).EnumerateArray().Single(t => t.GetProperty("name").GetString() == "ci").GetProperty("sessions").GetInt32().ShouldBe(1);
        using HttpResponseMessage revoked = await scene.AdminAsync(HttpMethod.Delete, "/api/tokens/ci");
        revoked.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await client.Exit).Code.ShouldBe(ExitCode.TokenRefused);
        using HttpResponseMessage unknown = await scene.AdminAsync(HttpMethod.Delete, "/api/tokens/ci");
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("a b", "", 409)]
    [InlineData("ci", "nonsense", 400)]
    [InlineData("ci", null, 400)]
    public async Task A_token_that_cannot_be_made_is_refused_with_a_sentence(string name, string? grants, int status)
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        using HttpResponseMessage answer = await scene.AdminAsync(HttpMethod.Post, "/api/tokens", new { name, grants });
        ((int)answer.StatusCode).ShouldBe(status);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString()!.ShouldEndWith(".");
    }

    [Fact]
    public async Task Without_a_store_tokens_are_listed_and_not_made()
    {
        await using RunningServer server = await RunningServer.StartAsync([Scraper.Tokens]);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Within.Limit };
        http.DefaultRequestHeaders.Authorization = new("Bearer", Scraper.AdminToken);
        (await http.GetFromJsonAsync<JsonElement>(new Uri(server.Url, "/$$ggrok/api/tokens"))).GetArrayLength().ShouldBe(2);
        using HttpResponseMessage answer = await http.PostAsJsonAsync(new Uri(server.Url, "/$$ggrok/api/tokens"), new { name = "ci" });
        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("GGROK_TOKENS_STORE");
    }

    [Fact]
    public async Task The_tail_tells_exchanges_as_they_end_without_their_query()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        await scene.VisitAsync("/before");
        using HttpResponseMessage stream = await scene.AdminAsync(HttpMethod.Get, "/api/tail");
        stream.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        (await LineAsync(reader, "event: stats")).ShouldNotBeNull();
        await scene.VisitAsync("/orders/7?secret=hidden");
        await LineAsync(reader, "event: exchanges");
        string data = await LineAsync(reader, "data: ");
        JsonElement entry = JsonDocument.Parse(data[6..]).RootElement[0];
        entry.GetProperty("path").GetString().ShouldBe("/orders/7");
        entry.GetProperty("method").GetString().ShouldBe("GET");
        entry.GetProperty("host").GetString().ShouldBe(DashboardScene.TunnelHost);
        entry.GetProperty("status").GetInt32().ShouldBe(200);
        data.ShouldNotContain("hidden");
        data.ShouldNotContain("before");
    }

    [Fact]
    public async Task A_tail_that_is_read_does_not_keep_the_server_from_stopping()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        using HttpResponseMessage stream = await scene.AdminAsync(HttpMethod.Get, "/api/tail");
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        await LineAsync(reader, "event: stats");
        Task stopping = scene.Server.App.StopAsync();
        await Within.Bound(stopping, "the server to stop");
        stopping.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task What_cannot_be_done_is_a_problem_with_the_right_status()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        (await StatusAsync(scene, "/api/nothing")).ShouldBe(404);
        (await StatusAsync(scene, "/nothing")).ShouldBe(404);
        using HttpResponseMessage wrong = await scene.AdminAsync(HttpMethod.Put, "/api/tokens", new { });
        wrong.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        using HttpResponseMessage large = await scene.AdminAsync(HttpMethod.Post, "/api/tokens", new { name = new string('x', 100_000) });
        large.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    private static async Task<int> StatusAsync(DashboardScene scene, string path)
    {
        using HttpResponseMessage answer = await scene.AdminAsync(HttpMethod.Get, path);
        return (int)answer.StatusCode;
    }

    private static async Task<string> LineAsync(StreamReader reader, string start)
    {
        while (true)
        {
            string? line = await Within.Bound(reader.ReadLineAsync(), start);
            line.ShouldNotBeNull();
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                return line;
            }
        }
    }
}
