using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Server.Hosting;
using Ggrok.Server.Legacy;
using Ggrok.Server.Relay;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Ggrok.Tests.Legacy;

/// <summary>The original Go client, as it behaves on the wire, against this server.</summary>
public class LegacyTests
{
    [Fact]
    public async Task Requests_are_answered_one_after_the_other_with_their_own_answers()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using FakeGoClient client = await FakeGoClient.ConnectAsync(server, request =>
        {
            string body = request.Req.Split("\r\n\r\n", 2)[1];
            return FakeGoClient.Answer(201, $"{request.Url} {body}", ("X-Two", ["a", "b"]), ("Content-Length", ["999"]), ("Connection", ["close"]));
        });
        using var visitor = new HttpClient { BaseAddress = server.Url };

        HttpResponseMessage[] responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => visitor.PostAsync($"/p?i={i}", new StringContent($"bödy {i}"))));

        for (int i = 0; i < responses.Length; i++)
        {
            responses[i].StatusCode.ShouldBe(HttpStatusCode.Created);
            (await responses[i].Content.ReadAsStringAsync()).ShouldBe($"/p?i={i} bödy {i}");
            responses[i].Headers.GetValues("X-Two").ShouldBe(["a", "b"]);
        }

        client.MostAtOnce.ShouldBe(1);
    }

    [Theory]
    [InlineData("all: {max-body: 10B, body-timeout: 1m}", "ten bytes.", null)]
    [InlineData("all: {max-body: 10B, body-timeout: 1m}", "more than ten bytes", nameof(RelayError.RequestBodyTooLarge))]
    [InlineData("all: {verify: github=s}", "ten bytes.", null)]
    [InlineData("all: {verify: github=other}", "ten bytes.", nameof(RelayError.SignatureInvalid))]
    public async Task Policies_about_bodies_hold_for_it_too(string policies, string body, string? error)
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_POLICIES", policies)]);
        await using FakeGoClient client = await FakeGoClient.ConnectAsync(server, request => FakeGoClient.Answer(200, request.Req.Split("\r\n\r\n", 2)[1]));
        using var visitor = new HttpClient { BaseAddress = server.Url };

        // Of unknown length: what is refused has to be counted.
        HttpRequestMessage request = Edge.Webhook.WebhookScene.Signed("/", new StringContent(body), Edge.Webhook.WebhookScene.Sign(body, "s"));
        request.Headers.TransferEncodingChunked = true;
        HttpResponseMessage response = await visitor.SendAsync(request);

        (response.Headers.TryGetValues("X-Ggrok-Error", out IEnumerable<string>? errors) ? errors.Single() : null).ShouldBe(error);
        if (error is null)
        {
            (await response.Content.ReadAsStringAsync()).ShouldBe(body);
        }
    }

    [Fact]
    public async Task The_request_arrives_in_wire_format()
    {
        string? seen = null;
        await using RunningServer server = await RunningServer.StartAsync();
        await using FakeGoClient client = await FakeGoClient.ConnectAsync(server, request =>
        {
            seen = request.Req;
            return """{"Status":"204 No Content","StatusCode":204,"Proto":"HTTP/1.1","Header":null,"Body":null,"ContentType":""}""";
        });
        using var visitor = new HttpClient { BaseAddress = server.Url };

        using HttpResponseMessage response = await visitor.PutAsync("/a%2fb", new StringContent("text"));

        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        seen!.ShouldStartWith($"PUT /a%2fb HTTP/1.1\r\nHost: {server.Url.Authority}\r\n");
        seen.ShouldContain("Content-Length: 4\r\n");
        seen.ShouldEndWith("\r\n\r\ntext");
    }

    // A client knows that it is connected a moment before the server has its socket, and visitors may come at once.
    [Fact]
    public async Task A_request_that_comes_before_the_socket_waits_for_it()
    {
        var options = ServerSettings.Read(new ConfigurationBuilder().Build());
        var connection = new LegacyConnection(options, TimeProvider.System);
        var record = new ExchangeRecord { Id = "id", Started = 0 };
        Task<RelayError> relaying = connection.RelayAsync(new DefaultHttpContext(), new RequestHead { Method = "GET", Target = "/", Host = "a.test" }, record);
        (WebSocket socket, WebSocket client) = DuplexStream.WebSockets();

        relaying.IsCompleted.ShouldBeFalse();
        Task running = connection.RunAsync(socket);
        await Within.Bound(client.ReceiveAsync(new byte[4096], CancellationToken.None), "the request");
        await client.SendAsync("""{"StatusCode":204}"""u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);

        (await Within.Bound(relaying, "the answer")).ShouldBe(RelayError.None);
        connection.Close();
        await Within.Bound(running, "the end");
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("""{"StatusCode":42}""")]
    [InlineData("""{"StatusCode":200,"Header":{"A":["b\r\nInjected: 1"]}}""")]
    [InlineData("""{"StatusCode":200,"Body":"%%%"}""")]
    public async Task An_answer_that_is_none_is_502_and_costs_the_connection(string answer)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using FakeGoClient client = await FakeGoClient.ConnectAsync(server, _ => answer);
        using var visitor = new HttpClient { BaseAddress = server.Url };

        using HttpResponseMessage response = await visitor.GetAsync("/");

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        response.Headers.GetValues("X-Ggrok-Error").ShouldBe(["LegacyAnswerInvalid"]);
        await Within.Bound(client.Ended, "the connection to end");
    }

    [Fact]
    public async Task A_client_that_does_not_answer_is_504_and_dropped()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_LEGACY_TIMEOUT", "200ms")]);
        await using FakeGoClient client = await FakeGoClient.ConnectAsync(server, _ => null);
        using var visitor = new HttpClient { BaseAddress = server.Url };

        using HttpResponseMessage response = await visitor.GetAsync("/");

        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        await Within.Bound(client.Ended, "the connection to end");
    }

    [Fact]
    public async Task The_time_that_a_policy_gives_the_local_service_counts_for_it_too()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_POLICIES", "all: {response-timeout: 200ms}")]);
        await using FakeGoClient client = await FakeGoClient.ConnectAsync(server, _ => null);
        using var visitor = new HttpClient { BaseAddress = server.Url };

        using HttpResponseMessage response = await Within.Bound(visitor.GetAsync("/"), "an answer before the usual 60 s");

        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        response.Headers.GetValues("X-Ggrok-Error").ShouldBe(["ResponseHeadTimeout"]);
    }

    [Fact]
    public async Task Bodies_that_never_end_are_counted_and_for_a_time_only()
    {
        var time = new ManualTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync(time: time);
        await using FakeGoClient client = await FakeGoClient.ConnectAsync(server, _ => FakeGoClient.Answer(200, "ok"));
        using var visitor = new HttpClient { BaseAddress = server.Url };
        await Eventually.BecomesAsync(async () => (await visitor.GetAsync("/")).StatusCode, HttpStatusCode.OK);
        var slow = new List<RawSocket>();

        // More than may wait: a visit that looks whether they do takes a place itself for a moment.
        for (int i = 0; i < 110; i++)
        {
            await AddSlowAsync();
        }

        // Many that come at once may all find the visit in the last place: then another one takes it.
        string? error = null;
        await Eventually.BecomesAsync(async () =>
        {
            using HttpResponseMessage refused = await visitor.GetAsync("/");
            error = refused.Headers.TryGetValues("X-Ggrok-Error", out IEnumerable<string>? errors) ? errors.Single() : null;
            if (refused.IsSuccessStatusCode)
            {
                await AddSlowAsync();
            }

            return refused.StatusCode;
        }, HttpStatusCode.ServiceUnavailable);
        error.ShouldBe("TooManyStreams");

        // Each has its time from when its head was read, which nobody outside sees.
        Task<string[]> answers = Task.WhenAll(slow.Select(s => s.ReadUntilAsync("\r\n\r\n")));
        await Eventually.BecomesAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(61));
            return Task.FromResult(answers.IsCompleted);
        }, true);
        slow.ForEach(s => s.Dispose());

        // All places were theirs when the visit was refused.
        (await answers).Count(a => a.Contains("X-Ggrok-Error: RequestBodyTimeout", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(100);
        (await answers).ShouldAllBe(a => a.Contains("RequestBodyTimeout") || a.Contains("TooManyStreams"));
        using HttpResponseMessage served = await visitor.GetAsync("/");
        served.StatusCode.ShouldBe(HttpStatusCode.OK);

        async Task AddSlowAsync()
        {
            RawSocket socket = await RawSocket.ConnectAsync(server.Url);
            await socket.SendAsync($"POST / HTTP/1.1\r\nHost: {server.Url.Authority}\r\nContent-Length: 1000\r\n\r\nx");
            slow.Add(socket);
        }
    }

    [Fact]
    public async Task Bodies_that_are_too_large_or_no_text_are_refused_rather_than_spoilt()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_LEGACY_MAX_BODY_BYTES", "1000")]);
        await using FakeGoClient client = await FakeGoClient.ConnectAsync(server, _ => FakeGoClient.Answer(200, "ok"));
        using var visitor = new HttpClient { BaseAddress = server.Url };

        using HttpResponseMessage large = await visitor.PostAsync("/", new ByteArrayContent(new byte[1001]));
        using HttpResponseMessage binary = await visitor.PostAsync("/", new ByteArrayContent([0xff, 0xfe]));
        using HttpResponseMessage fine = await visitor.PostAsync("/", new StringContent("fine"));

        large.Headers.GetValues("X-Ggrok-Error").ShouldBe(["LegacyBodyTooLarge"]);
        binary.Headers.GetValues("X-Ggrok-Error").ShouldBe(["LegacyUnsupported"]);
        fine.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_newest_old_client_wins_but_takes_nothing_from_a_current_one()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using var visitor = new HttpClient { BaseAddress = server.Url };
        await using (FakeGoClient first = await FakeGoClient.ConnectAsync(server, _ => FakeGoClient.Answer(200, "first")))
        {
            await using FakeGoClient second = await FakeGoClient.ConnectAsync(server, _ => FakeGoClient.Answer(200, "second"));
            await Within.Bound(first.Ended, "the older one to end");
            (await visitor.GetStringAsync("/")).ShouldBe("second");
        }

        await using LocalApp app = await LocalApp.StartAsync(c => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(c.Response, "current"));
        await Eventually.BecomesAsync(async () => (await visitor.GetAsync("/")).StatusCode, HttpStatusCode.NotFound);
        await using var current = new RunningClient(RunningClient.Options(server.Url, app.Url));
        await current.Events.NextReadyAsync();

        (await Should.ThrowAsync<WebSocketException>(() => FakeGoClient.ConnectAsync(server, _ => null))).Message.ShouldContain("409");
        (await visitor.GetStringAsync("/")).ShouldBe("current");
    }

    [Theory]
    [InlineData("legacy")]
    [InlineData("")]
    public async Task A_current_client_takes_nothing_from_an_old_one_whatever_it_calls_itself(string id)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using FakeGoClient old = await FakeGoClient.ConnectAsync(server, _ => FakeGoClient.Answer(200, "old"));
        using var visitor = new HttpClient { BaseAddress = server.Url };
        await Eventually.BecomesAsync(async () => (await visitor.GetAsync("/")).StatusCode, HttpStatusCode.OK);

        var current = new RunningClient(RunningClient.Options(server.Url, server.Url, id: id));

        (await current.Exit).Code.ShouldBeOneOf(ExitCode.NameTaken, ExitCode.Refused);
        (await visitor.GetStringAsync("/")).ShouldBe("old");
    }

    [Theory]
    [InlineData("GGROK_LEGACY", "false", "426")]
    [InlineData("GGROK_TOKENS", "secret", "401")]
    public async Task Settings_can_keep_old_clients_out(string name, string value, string status)
    {
        await using RunningServer server = await RunningServer.StartAsync([(name, value)]);

        (await Should.ThrowAsync<WebSocketException>(() => FakeGoClient.ConnectAsync(server, _ => null))).Message.ShouldContain(status);
    }

    private sealed class FakeGoClient : IAsyncDisposable
    {
        private readonly ClientWebSocket _socket = new();
        private readonly CancellationTokenSource _stop = new();
        private int _now;

        public Task Ended { get; private set; } = Task.CompletedTask;

        public int MostAtOnce { get; private set; }

        public static async Task<FakeGoClient> ConnectAsync(RunningServer server, Func<(string Req, string Url), string?> handle)
        {
            var client = new FakeGoClient();
            await client._socket.ConnectAsync(new UriBuilder(server.Url) { Scheme = "ws", Path = "/$$ggrok" }.Uri, default);
            client.Ended = client.RunAsync(handle);
            return client;
        }

        public static string Answer(int status, string body, params (string Name, string[] Values)[] headers) => JsonSerializer.Serialize(new
        {
            Status = $"{status} X",
            StatusCode = status,
            Proto = "HTTP/1.1",
            Header = headers.ToDictionary(h => h.Name, h => h.Values),
            Body = Encoding.UTF8.GetBytes(body),
            ContentType = "text/plain",
        });

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Ended;
            _socket.Dispose();
        }

        private async Task RunAsync(Func<(string Req, string Url), string?> handle)
        {
            try
            {
                while (true)
                {
                    using JsonDocument request = JsonDocument.Parse(await ReceiveAsync());
                    MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _now));
                    await Task.Yield();
                    Interlocked.Decrement(ref _now);
                    string? answer = handle((request.RootElement.GetProperty("Req").GetString()!, request.RootElement.GetProperty("URL").GetString()!));
                    if (answer is not null)
                    {
                        await _socket.SendAsync(Encoding.UTF8.GetBytes(answer), WebSocketMessageType.Text, true, _stop.Token);
                    }
                }
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
            {
                // The server or the test ended it.
            }
        }

        private async Task<byte[]> ReceiveAsync()
        {
            using var message = new MemoryStream();
            byte[] buffer = new byte[16 * 1024];
            while (true)
            {
                WebSocketReceiveResult part = await _socket.ReceiveAsync(buffer, _stop.Token);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    throw new IOException("closed");
                }

                message.Write(buffer, 0, part.Count);
                if (part.EndOfMessage)
                {
                    return message.ToArray();
                }
            }
        }
    }
}
