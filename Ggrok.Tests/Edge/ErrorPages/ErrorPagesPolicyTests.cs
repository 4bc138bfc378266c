using System.Net;
using System.Text.Json;
using Ggrok.Shared.Edge.ErrorPages;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Grpc;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Edge.ErrorPages;

public class ErrorPagesPolicyTests
{
    private const string Html = "<!doctype html><style>p{color:red}</style><p>{status} {error} {title}: {message} ({request_id}) {other}</p>";
    private const string Json = """{"oops":"{message}","id":"{request_id}","at":{"status":{status}}}""";

    [Theory]
    [InlineData("text/html,*/*", "text/html", "<p>502 LocalUnreachable The local service is down: The tunnel works, but nothing listens at its local address. Start the local service. (id-1) {other}</p>")]
    [InlineData("*/*", "application/json", "\"id\":\"id-1\",\"at\":{\"status\":502}")]
    public async Task Browsers_get_the_page_and_programs_the_json(string accept, string type, string contents)
    {
        await using Scene scene = await Scene.StartAsync(("error-page", "5xx=" + Html), ("error-page", "502=" + Json));

        HttpResponseMessage response = await scene.AskAsync(accept);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        response.Headers.GetValues("X-Ggrok-Error").ShouldBe([nameof(RelayError.LocalUnreachable)]);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(type);
        (await response.Content.ReadAsStringAsync()).ShouldContain(contents);
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Server.Logs.Lines.Any(l => l.Message.Contains("error=LocalUnreachable", StringComparison.Ordinal))), true);
    }

    [Fact]
    public async Task What_has_no_page_of_its_own_looks_as_always()
    {
        await using Scene scene = await Scene.StartAsync(("error-page", "502=" + Json), ("error-page", "404=" + Html));

        (await (await scene.AskAsync("text/html")).Content.ReadAsStringAsync()).ShouldContain("The local service is down");
    }

    [Fact]
    public void The_name_comes_before_the_status_and_that_before_the_class()
    {
        ErrorPagesOptions pages = ErrorPagesOptions.Parse(["5xx=<p>class", "502=<p>status", "localunreachable=<p>name", "502={\"a\":1}"]);

        Text(RelayError.LocalUnreachable, html: true).ShouldBe("<p>name");
        Text(RelayError.TunnelLost, html: true).ShouldBe("<p>status");
        Text(RelayError.TunnelAway, html: true).ShouldBe("<p>class");
        Text(RelayError.LocalUnreachable, html: false).ShouldBe("{\"a\":1}");
        pages.Find(RelayError.NoTunnel, isHtml: true).ShouldBeNull();

        string? Text(RelayError error, bool html) => pages.Find(error, html)?.Fill(new PageFacts(1, error, "", "", ""));
    }

    [Fact]
    public void What_is_filled_in_stays_text()
    {
        var facts = new PageFacts(403, RelayError.AccessDenied, "T", "</p><script>alert(\"1\")</script>{status}\\", "id\"}");

        CustomPage.Parse("<p title='{message}'>{status}</p>").Fill(facts).ShouldBe("<p title='&lt;/p&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;{status}\\'>403</p>");
        JsonDocument.Parse(CustomPage.Parse("{\"m\":\"{message}\",\"id\":\"{request_id}\"}").Fill(facts)).RootElement.GetProperty("m").GetString().ShouldBe(facts.Message);
    }

    [Fact]
    public async Task The_clients_page_comes_before_the_servers_and_refusals_of_early_stages_have_pages_too()
    {
        string folder = Directory.CreateTempSubdirectory("ggrok").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "ours.html"), "<p>the server's {status}</p>");
        string file = Path.Combine(folder, "policies.yml");
        await File.WriteAllTextAsync(file, "all:\n  error-page: [4xx=ours.html, 5xx=ours.html]\n  deny-ip: 203.0.113.66");
        await using Scene scene = await Scene.StartAsync([("error-page", "502=<p>mine")], [("GGROK_POLICY_FILE", file)]);

        (await (await scene.AskAsync("text/html")).Content.ReadAsStringAsync()).ShouldBe("<p>mine");
        (await (await scene.AskAsync("text/html", address: "203.0.113.66")).Content.ReadAsStringAsync()).ShouldBe("<p>the server's 403</p>");
        (await (await scene.AskAsync("text/html", host: "nobody.example")).Content.ReadAsStringAsync()).ShouldBe("<p>the server's 404</p>");

        await File.WriteAllTextAsync(Path.Combine(folder, "ours.html"), "<p>changed {status}</p>");
        await Eventually.BecomesAsync(async () => await (await scene.AskAsync("text/html", host: "nobody.example")).Content.ReadAsStringAsync(), "<p>changed 404</p>");
        Directory.Delete(folder, recursive: true);
    }

    [PeerFact]
    public async Task Grpc_visitors_get_their_status_all_the_same()
    {
        await using Scene scene = await Scene.StartAsync(("error-page", "5xx=" + Html), ("error-page", "5xx=" + Json));

        GrpcCall call = await GrpcCall.UnaryAsync(scene.Server.Url);

        (call.Status, call.Error).ShouldBe((14, "LocalUnreachable"));
    }

    [Theory]
    [InlineData("200=<p>", "is no failure")]
    [InlineData("5x=<p>", "is no failure")]
    [InlineData("22=<p>", "is no failure")]
    [InlineData("None=<p>", "is no failure")]
    [InlineData("Nonsense=<p>", "is no failure")]
    [InlineData("502=plain", "neither HTML nor JSON")]
    [InlineData("502=", "neither HTML nor JSON")]
    [InlineData("<p>", "write WHEN=FILE")]
    public void What_is_no_page_is_refused(string value, string complaint) =>
        Should.Throw<FormatException>(() => ErrorPagesOptions.Parse([value])).Message.ShouldContain(complaint);

    /// <summary>A tunnel to nobody.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly HttpClient _visitor = new(new SocketsHttpHandler { UseProxy = false });
        private RunningClient _client = null!;

        public RunningServer Server { get; private set; } = null!;

        public static Task<Scene> StartAsync(params (string Name, string Value)[] policies) => StartAsync(policies, []);

        public static async Task<Scene> StartAsync((string Name, string Value)[] policies, (string Name, string Value)[] settings)
        {
            RunningServer server = await RunningServer.StartAsync([("GGROK_TRUSTED_PROXIES", "*"), .. settings]);
            var client = new RunningClient(RunningClient.Options(server.Url, new Uri("http://127.0.0.1:1"), t => t with { Policies = [.. policies.Select(p => new PolicyDirective(p.Name, p.Value))] }));
            await client.Events.NextReadyAsync();
            return new Scene { Server = server, _client = client };
        }

        public async Task<HttpResponseMessage> AskAsync(string accept, string? host = null, string address = "203.0.113.9")
        {
            var request = new HttpRequestMessage(HttpMethod.Get, Server.Url);
            request.Headers.Host = host;
            request.Headers.Accept.Clear();
            request.Headers.TryAddWithoutValidation("Accept", accept);
            request.Headers.Add("X-Request-ID", "id-1");
            request.Headers.Add("X-Forwarded-For", address);
            return await _visitor.SendAsync(request);
        }

        public async ValueTask DisposeAsync()
        {
            _visitor.Dispose();
            await _client.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}
