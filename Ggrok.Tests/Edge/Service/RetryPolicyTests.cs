using System.Net;
using System.Net.Sockets;
using System.Text;
using Ggrok.Client.Connection;
using Ggrok.Server.Edge;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.Service;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Service;

/// <summary>Requests that failed and are tried again later: the table in docs/balancing.md.</summary>
public class RetryPolicyTests
{
    [Fact]
    public async Task A_request_waits_for_a_local_service_that_is_just_starting_and_arrives_once_with_its_body()
    {
        int port = FreePorts.One();
        await using RunningServer server = await RunningServer.StartAsync();
        await using RunningClient client = Client(server, new Uri($"http://127.0.0.1:{port}"), "1m");
        using var visitor = new HttpClient { BaseAddress = (await client.Events.NextReadyAsync())[0].Url, Timeout = Within.Limit };
        Task<HttpResponseMessage> visit = visitor.PostAsync("/hook", new StringContent("the body"));
        await Eventually.BecomesAsync(() => Task.FromResult(server.Logs.Lines.Any(l => l.Message.Contains("is tried again", StringComparison.Ordinal))), true);

        int reached = 0;
        await using LocalApp app = await LocalApp.StartAsync(
            async context =>
            {
                Interlocked.Increment(ref reached);
                await context.Request.Body.CopyToAsync(context.Response.Body);
            },
            port: port);

        using HttpResponseMessage answer = await Within.Bound(visit, "the answer");
        (answer.StatusCode, await answer.Content.ReadAsStringAsync(), reached).ShouldBe((HttpStatusCode.OK, "the body", 1));
    }

    [Fact]
    public async Task A_request_waits_for_a_client_that_is_away()
    {
        await using LocalApp app = await LocalApp.StartAsync(context => context.Response.WriteAsync("back"));
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_RESUME_GRACE", "0")]);
        string id = Guid.NewGuid().ToString("N");
        var first = new RunningClient(Options(server, app.Url, "1m", id) with { Reconnect = false });
        using var visitor = new HttpClient { BaseAddress = (await first.Events.NextReadyAsync())[0].Url, Timeout = Within.Limit };
        server.Get<SessionDirectory>().Sessions.Single().Connection.RequestClose(Shared.Protocol.CloseReason.Internal);
        await first.Exit;
        Task<string> visit = visitor.GetStringAsync("/");
        await Eventually.BecomesAsync(() => Task.FromResult(server.Logs.Lines.Any(l => l.Message.Contains("TunnelAway and is tried again", StringComparison.Ordinal))), true);

        await using var second = new RunningClient(Options(server, app.Url, "1m", id));

        (await Within.Bound(visit, "the answer")).ShouldBe("back");
    }

    [Theory]
    [InlineData("GET", "10s idempotent", true)]
    [InlineData("DELETE", "10s idempotent", true)]
    [InlineData("GET", "10s", false)]
    [InlineData("POST", "10s idempotent", false)]
    public async Task A_request_that_the_service_may_have_seen_is_repeated_only_if_its_method_and_the_policy_allow_it(string method, string retry, bool again)
    {
        await using var service = new BreakingService();
        await using RunningServer server = await RunningServer.StartAsync();
        await using RunningClient client = Client(server, service.Url, retry);
        using var visitor = new HttpClient { BaseAddress = (await client.Events.NextReadyAsync())[0].Url, Timeout = Within.Limit };

        using HttpResponseMessage answer = await visitor.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/"));

        (answer.StatusCode, service.Requests).ShouldBe(again ? (HttpStatusCode.OK, 2) : (HttpStatusCode.BadGateway, 1));
    }

    [Fact]
    public async Task A_body_larger_than_what_is_kept_is_tried_once()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using RunningClient client = Client(server, new Uri($"http://127.0.0.1:{FreePorts.One()}"), "5m");
        using var visitor = new HttpClient { BaseAddress = (await client.Events.NextReadyAsync())[0].Url, Timeout = Within.Limit };

        using HttpResponseMessage answer = await visitor.PostAsync("/", new ByteArrayContent(new byte[200_000]));

        answer.Headers.GetValues("X-Ggrok-Error").Single().ShouldBe("LocalUnreachable");
        server.Logs.Lines.ShouldNotContain(l => l.Message.Contains("tried again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_the_time_is_over_the_visitor_gets_the_last_failure()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using RunningClient client = Client(server, new Uri($"http://127.0.0.1:{FreePorts.One()}"), "500ms");
        using var visitor = new HttpClient { BaseAddress = (await client.Events.NextReadyAsync())[0].Url, Timeout = Within.Limit };

        using HttpResponseMessage answer = await visitor.GetAsync("/");

        answer.Headers.GetValues("X-Ggrok-Error").Single().ShouldBe("LocalUnreachable");
        server.Logs.Lines.Count(l => l.Message.Contains("tried again", StringComparison.Ordinal)).ShouldBeInRange(1, 2);
    }

    [Fact]
    public async Task A_visitor_who_leaves_is_not_waited_for()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using RunningClient client = Client(server, new Uri($"http://127.0.0.1:{FreePorts.One()}"), "5m");
        Uri url = (await client.Events.NextReadyAsync())[0].Url;
        using (RawSocket visitor = await RawSocket.ConnectAsync(url))
        {
            await visitor.SendAsync($"GET / HTTP/1.1\r\nHost: {url.Authority}\r\n\r\n");
            await Eventually.BecomesAsync(() => Task.FromResult(server.Logs.Lines.Any(l => l.Message.Contains("tried again", StringComparison.Ordinal))), true);
        }

        await Eventually.BecomesAsync(() => Task.FromResult(server.Logs.Lines.Any(l => l.Message.Contains("VisitorGone", StringComparison.Ordinal))), true);
    }

    [Theory]
    [InlineData("10s", "20s idempotent", "10s", false)]
    [InlineData("20s idempotent", "10s idempotent", "10s", true)]
    public void Server_and_client_go_no_further_than_either_allows(string server, string client, string time, bool repeats) =>
        RetryOptions.Parse(server).And(RetryOptions.Parse(client)).ShouldBe(new RetryOptions(RetryOptions.Parse(time).For, repeats));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("1h")]
    [InlineData("10s always")]
    [InlineData("idempotent 10s")]
    public void What_is_no_retry_is_refused_with_advice(string text) =>
        Should.Throw<FormatException>(() => RetryOptions.Parse(text)).Message.ShouldContain("write 10s, or 10s idempotent");

    private static TunnelClientOptions Options(RunningServer server, Uri target, string retry, string? id = null) =>
        RunningClient.Options(server.Url, target, t => t with { Policies = [new("retry", retry)] }, id: id);

    private static RunningClient Client(RunningServer server, Uri target, string retry) => new(Options(server, target, retry));

    /// <summary>Reads its first request and closes without an answer; answers all others.</summary>
    private sealed class BreakingService : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;
        private int _requests;

        public BreakingService()
        {
            _listener.Start();
            _serving = ServeAsync();
        }

        public Uri Url => new($"http://{_listener.LocalEndpoint}");

        public int Requests => Volatile.Read(ref _requests);

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using TcpClient connection = await _listener.AcceptTcpClientAsync();
                    byte[] buffer = new byte[10_000];
                    string head = "";
                    while (!head.Contains("\r\n\r\n", StringComparison.Ordinal) && await connection.GetStream().ReadAsync(buffer) is > 0 and var count)
                    {
                        head += Encoding.ASCII.GetString(buffer, 0, count);
                    }

                    if (head.Length > 0 && Interlocked.Increment(ref _requests) > 1)
                    {
                        await connection.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
                    }
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
            {
                // Stopped.
            }
        }
    }
}
