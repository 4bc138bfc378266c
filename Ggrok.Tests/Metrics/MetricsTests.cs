using System.Net;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Metrics;

/// <summary>Scrapes of a server with real traffic.</summary>
public sealed class MetricsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_scrape_tells_what_went_through_a_tunnel(bool openMetrics)
    {
        await using MetricsScene scene = await MetricsScene.StartAsync();
        await scene.GetAsync("/bytes/1000");
        await scene.GetAsync("/bytes/500");
        await scene.PostAsync("/status/404", "12345");
        await scene.GetAsync("/status/500");
        await Eventually.BecomesAsync(async () => (await Scraper.ScrapeAsync(scene.Server)).Find("ggrok_requests_total", ("tunnel", scene.Host), ("status", "5xx"))?.Value, 1.0);

        Exposition metrics = await Scraper.ScrapeAsync(scene.Server, openMetrics);
        metrics.Value("ggrok_requests_total", ("tunnel", scene.Host), ("status", "2xx")).ShouldBe(2);
        metrics.Value("ggrok_requests_total", ("tunnel", scene.Host), ("status", "4xx")).ShouldBe(1);
        metrics.Value("ggrok_requests_total", ("tunnel", scene.Host), ("status", "5xx")).ShouldBe(1);
        metrics.Value("ggrok_response_bytes_total", ("tunnel", scene.Host)).ShouldBe(1500);
        metrics.Value("ggrok_request_bytes_total", ("tunnel", scene.Host)).ShouldBe(5);
        metrics.Value("http_server_request_duration_seconds_count", ("tunnel", scene.Host)).ShouldBe(4);
        metrics.Value("http_server_request_duration_seconds_sum", ("tunnel", scene.Host)).ShouldBeInRange(0.00001, 60);
        metrics.Value("http_server_active_requests", ("tunnel", scene.Host)).ShouldBe(0);
        metrics.Value("ggrok_sessions").ShouldBe(1);
        metrics.Value("ggrok_sessions_opened_total").ShouldBe(1);
        metrics.Value("ggrok_tunnels", ("state", "up")).ShouldBe(1);
        metrics.Value("process_resident_memory_bytes").ShouldBeGreaterThan(1_000_000);
        metrics.Value("process_cpu_seconds_total").ShouldBeGreaterThan(0);
        metrics.Value("process_open_fds").ShouldBeGreaterThan(3);
        metrics.Families["http_server_request_duration_seconds"].Type.ShouldBe("histogram");
    }

    [Fact]
    public async Task Failures_are_counted_by_name_also_where_there_is_no_tunnel()
    {
        await using MetricsScene scene = await MetricsScene.StartAsync();
        await scene.App.DisposeAsync();
        (await scene.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await scene.GetAsync("/", host: "unknown.example")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await Eventually.BecomesAsync(async () => (await Scraper.ScrapeAsync(scene.Server)).Find("ggrok_errors_total", ("tunnel", "none"), ("error", "NoTunnel"))?.Value, 1.0);
        Exposition metrics = await Scraper.ScrapeAsync(scene.Server);
        metrics.Value("ggrok_errors_total", ("tunnel", scene.Host), ("error", "LocalUnreachable")).ShouldBe(1);
        metrics.Value("ggrok_requests_total", ("tunnel", "none"), ("status", "4xx")).ShouldBe(1);
    }

    [Fact]
    public async Task A_failure_that_cannot_be_answered_is_counted_and_runs_no_more()
    {
        await using MetricsScene scene = await MetricsScene.StartAsync();
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Server.Url);
        await scene.App.DisposeAsync();
        await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: {scene.Host}\r\nContent-Type: application/grpc+\u0001\r\nContent-Length: 0\r\n\r\n");
        string head = await visitor.ReadUntilAsync("\r\n\r\n");

        head.ShouldContain("Content-Type: application/grpc\r\n");
        await Eventually.BecomesAsync(async () => (await Scraper.ScrapeAsync(scene.Server)).Find("http_server_active_requests", ("tunnel", scene.Host))?.Value, 0.0);
        scene.Server.Logs.Lines.ShouldNotContain(l => l.Message.Contains("without a name", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tunnels_that_differ_in_their_conditions_alone_have_figures_of_their_own()
    {
        await using MetricsScene scene = await MetricsScene.StartAsync();
        await using var posts = new RunningClient(RunningClient.Options(
            scene.Server.Url, scene.App.Url, t => t with { Match = Ggrok.Shared.Balancing.RouteMatch.Parse(["method=POST"]) }, token: "client-secret", id: scene.Client.ClientId));
        await posts.Events.NextReadyAsync();
        (await scene.PostAsync("/", "x")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await Eventually.BecomesAsync(
            async () => (await Scraper.ScrapeAsync(scene.Server)).Find("ggrok_requests_total", ("tunnel", $"{scene.Host} (method=POST)"), ("status", "2xx"))?.Value, 1.0);
    }

    [Fact]
    public async Task A_running_exchange_is_active_and_an_upgraded_one_counts_without_its_duration()
    {
        var arrived = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using MetricsScene scene = await MetricsScene.StartAsync(async context =>
        {
            if (context.WebSockets.IsWebSocketRequest)
            {
                using System.Net.WebSockets.WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
                await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, default);
                return;
            }

            arrived.SetResult();
            await release.Task;
        });
        Task<HttpResponseMessage> running = scene.GetAsync("/");
        await Within.Bound(arrived.Task, "the request");
        (await Scraper.ScrapeAsync(scene.Server)).Value("http_server_active_requests", ("tunnel", scene.Host)).ShouldBe(1);
        release.SetResult();
        (await running).Dispose();

        using var webSocket = new System.Net.WebSockets.ClientWebSocket();
        await webSocket.ConnectAsync(new UriBuilder(scene.Server.Url) { Scheme = "ws" }.Uri, default);
        await webSocket.ReceiveAsync(new byte[10], default);
        await webSocket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, default);
        await Eventually.BecomesAsync(async () => (await Scraper.ScrapeAsync(scene.Server)).Find("ggrok_requests_total", ("tunnel", scene.Host), ("status", "1xx"))?.Value, 1.0);
        Exposition metrics = await Scraper.ScrapeAsync(scene.Server);
        metrics.Value("http_server_request_duration_seconds_count", ("tunnel", scene.Host)).ShouldBe(1);
        metrics.Value("http_server_active_requests", ("tunnel", scene.Host)).ShouldBe(0);
    }

    [Fact]
    public async Task Raw_tunnels_count_connections_and_bytes()
    {
        await using LocalApp app = await LocalApp.StartAsync(context => context.Response.WriteAsync("hello"));
        await using RunningServer server = await RunningServer.StartAsync([Scraper.Tokens, ("GGROK_TCP_PORTS", "0"), ("GGROK_PORTS_ADDRESS", "127.0.0.1")]);
        await using var client = new RunningClient(RunningClient.Options(server.Url, new Uri($"tcp://127.0.0.1:{app.Url.Port}"),
            t => t with { Kind = Ggrok.Shared.Protocol.TunnelKind.Tcp }, token: "client-secret"));
        Uri url = (await client.Events.NextReadyAsync())[0].Url;
        string sent = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        string got;
        using (RawSocket socket = await RawSocket.ConnectAsync(url))
        {
            await socket.SendAsync(sent);
            got = await socket.ReadToEndAsync();
        }

        string name = $"tcp:{url.Port}";
        await Eventually.BecomesAsync(async () => (await Scraper.ScrapeAsync(server)).Find("ggrok_raw_connections_total", ("tunnel", name))?.Value, 1.0);
        Exposition metrics = await Scraper.ScrapeAsync(server);
        metrics.Value("ggrok_raw_received_bytes_total", ("tunnel", name)).ShouldBe(sent.Length);
        metrics.Value("ggrok_raw_sent_bytes_total", ("tunnel", name)).ShouldBe(got.Length);
        metrics.Value("ggrok_raw_active_connections", ("tunnel", name)).ShouldBe(0);
    }

    [Fact]
    public async Task Without_an_admin_token_or_allowed_addresses_there_are_no_metrics()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "client-secret")]);
        (await StatusAsync(server, "client-secret")).ShouldBe(404);
        (await StatusAsync(server, null)).ShouldBe(404);
    }

    [Fact]
    public async Task Only_an_admin_token_reads_the_metrics()
    {
        await using RunningServer server = await RunningServer.StartAsync([Scraper.Tokens]);
        (await StatusAsync(server, null)).ShouldBe(401);
        (await StatusAsync(server, "wrong")).ShouldBe(401);
        (await StatusAsync(server, "client-secret")).ShouldBe(401);
        (await StatusAsync(server, Scraper.AdminToken)).ShouldBe(200);
    }

    [Fact]
    public async Task Guessing_the_admin_token_is_slowed()
    {
        await using RunningServer server = await RunningServer.StartAsync([Scraper.Tokens]);
        for (int i = 0; i < 11; i++)
        {
            await StatusAsync(server, "wrong");
        }

        // The right one too: an answer must not tell.
        (await StatusAsync(server, Scraper.AdminToken)).ShouldBe(429);
    }

    [Fact]
    public async Task Allowed_addresses_need_no_token_but_not_under_the_name_of_a_tunnel()
    {
        await using LocalApp app = await LocalApp.StartAsync(_ => Task.CompletedTask);
        await using RunningServer server = await RunningServer.StartAsync(
            [Scraper.Tokens, ("GGROK_METRICS_ALLOW", "127.0.0.0/8"), ("GGROK_DOMAIN", "tunnels.example")]);
        await using var client = new RunningClient(RunningClient.Options(server.Url, app.Url, t => t with { Subdomain = "shop" }, token: "client-secret"));
        await client.Events.NextReadyAsync();

        (await StatusAsync(server, null)).ShouldBe(200);
        (await StatusAsync(server, null, "tunnels.example")).ShouldBe(200);
        (await StatusAsync(server, null, "shop.tunnels.example")).ShouldBe(401);
        (await StatusAsync(server, Scraper.AdminToken, "shop.tunnels.example")).ShouldBe(200);
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_the_visitors_own_address_counts()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_METRICS_ALLOW", "192.0.2.0/24"), ("GGROK_TRUSTED_PROXIES", "127.0.0.1")]);
        (await StatusAsync(server, null, forwarded: "192.0.2.7")).ShouldBe(200);
        (await StatusAsync(server, null, forwarded: "192.0.2.7, 203.0.113.5")).ShouldBe(401);
        await using RunningServer direct = await RunningServer.StartAsync([("GGROK_METRICS_ALLOW", "192.0.2.0/24")]);
        (await StatusAsync(direct, null, forwarded: "192.0.2.7")).ShouldBe(401);
    }

    [Fact]
    public async Task Metrics_are_read_only()
    {
        await using RunningServer server = await RunningServer.StartAsync([Scraper.Tokens]);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Within.Limit };
        using HttpRequestMessage request = Scraper.Request(server);
        request.Method = HttpMethod.Post;
        using HttpResponseMessage answer = await http.SendAsync(request);
        ((int)answer.StatusCode).ShouldBe(405);
    }

    private static async Task<int> StatusAsync(RunningServer server, string? token, string? host = null, string? forwarded = null)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Within.Limit };
        using HttpRequestMessage request = Scraper.Request(server, token, host: host);
        if (forwarded is not null)
        {
            request.Headers.Add("X-Forwarded-For", forwarded);
        }

        using HttpResponseMessage answer = await http.SendAsync(request);
        return (int)answer.StatusCode;
    }
}
