using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ggrok.Client.Inspector.Har;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector;

/// <summary>Exchanges as HAR 1.2, there and back, and the files of browsers.</summary>
public class HarTests
{
    private static readonly byte[] Binary = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    [Fact]
    public async Task What_is_exported_and_imported_is_the_same_exchange()
    {
        await using InspectorScene scene = await SceneAsync();
        long count = await TrafficAsync(scene);
        string har = await scene.TextAsync("/api/har?secrets=true");

        using HttpResponseMessage imported = await scene.Api.PostAsync("/api/har", new StringContent(har));

        imported.StatusCode.ShouldBe(HttpStatusCode.OK, await imported.Content.ReadAsStringAsync());
        for (long number = 1; number <= count; number++)
        {
            JsonObject first = await ExchangeAsync(scene, number);
            JsonObject second = await ExchangeAsync(scene, number + count);
            second["summary"]!["source"]!.GetValue<string>().ShouldBe("import");
            foreach (string member in (string[])["number", "source", "durationMs"])
            {
                first["summary"]!.AsObject().Remove(member);
                second["summary"]!.AsObject().Remove(member);
            }

            second.ToJsonString().ShouldBe(first.ToJsonString());
            foreach (string side in (string[])["request", "response"])
            {
                (await BodyAsync(scene, number + count, side)).ShouldBe(await BodyAsync(scene, number, side));
            }
        }
    }

    [PeerFact]
    public async Task An_export_is_valid_by_the_schema_of_HAR()
    {
        await using InspectorScene scene = await SceneAsync();
        long count = await TrafficAsync(scene);
        string folder = Directory.CreateTempSubdirectory("ggrok-har").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "all.har"), await scene.TextAsync("/api/har"));
        await File.WriteAllTextAsync(Path.Combine(folder, "none.har"), (await scene.TextAsync("/api/har?numbers=1")).Replace("\r", "", StringComparison.Ordinal));

        await using RunningProgram judge = NodeProcess.Start("har.mjs", Path.Combine(folder, "all.har"), Path.Combine(folder, "none.har"));

        (await judge.ExitAsync()).ShouldBe(0, judge.Output);
        judge.Output.ShouldContain($"valid {count}");
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<string?[]> MethodsAsync(InspectorScene scene, string query) =>
        [.. (await scene.GetAsync("/api/har?" + query)).GetProperty("log").GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("request").GetProperty("method").GetString())];

    [Fact]
    public async Task Secrets_are_exported_only_when_asked_for_and_only_what_is_asked_for()
    {
        await using InspectorScene scene = await SceneAsync();
        await TrafficAsync(scene);

        string hidden = await scene.TextAsync("/api/har?numbers=3,1,1");
        string shown = await scene.TextAsync("/api/har?numbers=1,3&secrets=true");

        hidden.ShouldNotContain("hidden-");
        hidden.ShouldContain("?token=REDACTED");
        shown.ShouldContain("hidden-token");
        shown.ShouldContain("hidden-cookie");
        JsonDocument.Parse(hidden).RootElement.GetProperty("log").GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("request").GetProperty("method").GetString()).ShouldBe(["GET", "POST"]);
        (await MethodsAsync(scene, "numbers=2-99,1&method=get")).ShouldBe(["GET", "GET"]);
        (await MethodsAsync(scene, "numbers=2-3")).Length.ShouldBe(2);
        (await MethodsAsync(scene, "status=5xx")).ShouldBeEmpty();
        (int status, string text) = await InspectorScene.ProblemOf(await scene.Api.GetAsync("/api/har?numbers=1,x"));
        (status, text).ShouldBe((400, "numbers must be numbers of exchanges, separated by commas. A range of them is written 12-40."));
        (await InspectorScene.ProblemOf(await scene.Api.GetAsync("/api/har?numbers=99"))).Status.ShouldBe(404);
    }

    [Fact]
    public async Task An_imported_request_can_be_replayed()
    {
        var app = new WatchedApp();
        await using InspectorScene scene = await InspectorScene.StartAsync(app.TakeAsync);
        await ImportAsync(scene, Chrome);

        await scene.PostAsync("/api/exchanges/1/replay", new { });

        SeenRequest seen = await app.NextAsync();
        seen.Line.ShouldBe("POST /api/items?q=%C3%A4%20b");
        seen.Find("X-From")!.ShouldBe("chrome");
        seen.Find("Content-Length").ShouldBe("10");
        Encoding.UTF8.GetString(seen.Body).ShouldBe("{\"a\":\"é\"}");
    }

    [Fact]
    public void Files_of_Chrome_are_read()
    {
        List<ExchangeSnapshot> read = Read(Chrome);

        read.Count.ShouldBe(3, "the data: entry is no HTTP");
        ExchangeSnapshot first = read[0];
        (first.Request.Method, first.Request.Target, first.Request.Host, first.Request.Scheme, first.Request.Version).ShouldBe(("POST", "/api/items?q=%C3%A4%20b", "shop.test", "https", "2"));
        first.Request.Headers.Select(f => f.Name).ShouldBe(["x-from", "content-length"]);
        first.Response!.Headers.ShouldBe([new("set-cookie", "a=1"), new("set-cookie", "b=2"), new("content-type", "image/png")]);
        first.ResponseBody.Bytes.ToArray().ShouldBe([0x89, 0x50, 0x4E, 0x47]);
        first.StartedAt.ShouldBe(new DateTimeOffset(2026, 1, 31, 11, 0, 0, 500, TimeSpan.Zero));
        first.Timings.ShouldBe(new ExchangeTimings
        {
            ConnectBegan = TimeSpan.FromMilliseconds(3),
            Connected = TimeSpan.FromMilliseconds(13),
            RequestSent = TimeSpan.FromMilliseconds(13.5),
            FirstByte = TimeSpan.FromMilliseconds(33.5),
            Ended = TimeSpan.FromMilliseconds(40.25),
        });
        read[1].Response.ShouldBeNull("status 0 says that there was none");
        ExchangeSnapshot socket = read[2];
        (socket.Request.Upgrade, socket.Request.Scheme, socket.Response!.Status).ShouldBe(("websocket", "https", 101));
        socket.RequestBody.Bytes.ToArray().ShouldBe([0x81, 2, .. "hi"u8]);
        socket.ResponseBody.Bytes.ToArray().ShouldBe([0x82, 3, 1, 2, 3, 0x81, 126, 0, 200, .. Enumerable.Repeat((byte)'x', 200)]);
        (socket.ResponseBody.ArrivalOf(4), socket.ResponseBody.ArrivalOf(5)).ShouldBe((TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Bodies_are_cut_as_those_of_visitors_and_forms_are_made_of_their_fields()
    {
        ExchangeSnapshot read = Read("""
            {"log":{"entries":[{"startedDateTime":"2026-01-31T12:00:00Z","request":{"method":"POST","url":"http://a.b",
            "postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"a b","value":"ä&"},{"name":"c"}]}},
            "response":{"status":200,"content":{"text":"0123456789012345"}}}]}}
            """, new RecorderOptions { MaxBodyBytes = 10, MaxBytes = 80 })[0];

        Encoding.ASCII.GetString(read.RequestBody.Bytes.Span).ShouldBe("a+b=%C3%A4");
        (read.RequestBody.Total, read.ResponseBody.Total, read.ResponseBody.Bytes.Length).ShouldBe((16, 16, 10));
        read.Request.Target.ShouldBe("/");
        read.Timings.Ended.ShouldBe(TimeSpan.Zero);
    }

    [Theory]
    [InlineData("{\n\"log\": x}", "The HAR is no JSON: line 2, byte 8.")]
    [InlineData("[]", "The HAR cannot be imported:  must be an object.")]
    [InlineData("{}", "The HAR cannot be imported: log is missing.")]
    [InlineData("""{"log":{"entries":1}}""", "The HAR cannot be imported: log.entries must be an array.")]
    [InlineData("""{"log":{"entries":[{}]}}""", "The HAR cannot be imported: log.entries[0].request is missing.")]
    [InlineData("""{"log":{"entries":[@,{"request":{"url":"http://a.b","method":"GET"}}]}}""", "The HAR cannot be imported: log.entries[1].startedDateTime is missing.")]
    [InlineData("""{"log":{"entries":[{"startedDateTime":"now","request":{"url":"http://a.b","method":"GET"}}]}}""", "The HAR cannot be imported: log.entries[0].startedDateTime must be a date")]
    [InlineData("""{"log":{"entries":[{"request":{"url":"http://a.b","method":"G T"}}]}}""", "The HAR cannot be imported: log.entries[0].request.method is no method.")]
    [InlineData("""{"log":{"entries":[{"request":{"url":"http:///x","method":"GET"}}]}}""", "The HAR cannot be imported: log.entries[0].request.url is no address of HTTP.")]
    [InlineData("""{"log":{"entries":[{"request":{"url":"http://a.b","method":"GET","headers":[{"name":"a"},{"name":"b c"}]}}]}}""", "The HAR cannot be imported: log.entries[0].request.headers[1].name is no name of a field.")]
    [InlineData("""{"log":{"entries":[{"request":{"url":"http://a.b","method":"GET","headers":[{"name":"a","value":"\u0000"}]}}]}}""", "The HAR cannot be imported: log.entries[0].request.headers[0].value cannot stand in a field.")]
    [InlineData("""{"log":{"entries":[{"request":{"url":"http://a.b","method":"GET"},"response":{"status":"200"}}]}}""", "The HAR cannot be imported: log.entries[0].response.status must be a number.")]
    [InlineData("""{"log":{"entries":[{"request":{"url":"http://a.b","method":"GET"},"response":{"status":20}}]}}""", "The HAR cannot be imported: log.entries[0].response.status is no status.")]
    [InlineData("""{"log":{"entries":[{"request":{"url":"http://a.b","method":"GET"},"response":{"status":200,"content":{"text":"?","encoding":"base64"}}}]}}""", "The HAR cannot be imported: log.entries[0].response.content.text must be Base64.")]
    [InlineData("""{"log":{"entries":[{"startedDateTime":"2026-01-31T12:00:00Z","request":{"url":"http://a.b","method":"GET"},"_ggrok":{"id":"a\nb"}}]}}""", "The HAR cannot be imported: log.entries[0] is no exchange of HTTP.")]
    [InlineData("""{"log":{"entries":[{"request":{"url":"http://a.b/\uD800","method":"GET"}}]}}""", "The HAR has text that is no Unicode")]
    public async Task A_mistake_is_told_with_its_place_and_nothing_is_added(string har, string expected)
    {
        await using InspectorScene scene = await SceneAsync();
        const string Fine = """{"startedDateTime":"2026-01-31T12:00:00Z","request":{"url":"http://a.b","method":"GET"}}""";

        using HttpResponseMessage response = await scene.Api.PostAsync("/api/har", new StringContent(har.Replace("@", Fine, StringComparison.Ordinal)));

        (int status, string text) = await InspectorScene.ProblemOf(response);
        status.ShouldBe(400);
        text.ShouldStartWith(expected);
        (await scene.GetAsync("/api/exchanges")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task More_entries_than_are_kept_are_refused()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask, inspect => inspect with { MaxExchanges = 1 });
        const string Entry = """{"startedDateTime":"2026-01-31T12:00:00Z","request":{"url":"http://a.b","method":"GET"}}""";

        (int status, string text) = await InspectorScene.ProblemOf(await scene.Api.PostAsync("/api/har", new StringContent($$$"""{"log":{"entries":[{{{Entry}}},{{{Entry}}}]}}""")));

        (status, text).ShouldBe((413, "The HAR has 2 entries, and the inspector keeps 1. Keep more with --inspect-keep."));
    }

    [Fact]
    public void The_phases_add_up_to_the_whole()
    {
        var timings = new ExchangeTimings
        {
            ConnectBegan = TimeSpan.FromMilliseconds(1.5), Connected = TimeSpan.FromMilliseconds(4), FirstByte = TimeSpan.FromMilliseconds(5),
            RequestSent = TimeSpan.FromMilliseconds(7), Ended = TimeSpan.FromMilliseconds(9),
        };
        var output = new ArrayBufferWriter<byte>();
        HarWriter.Write(output, new ExchangeSnapshot { Number = 1, Tunnel = "", State = ExchangeState.Done, StartedAt = default, Timings = timings, Request = new() { Target = "/" } });

        JsonElement phases = JsonDocument.Parse(output.WrittenMemory).RootElement.GetProperty("timings");

        phases.ToString().ShouldBe("""{"blocked":1.5,"dns":-1,"connect":2.5,"send":3,"wait":0,"receive":2,"ssl":-1}""");
    }

    private const string Chrome = """
        {"log":{"version":"1.2","creator":{"name":"WebInspector","version":"537.36"},"pages":[],"entries":[
        {"_initiator":{"type":"script"},"_priority":"High","_resourceType":"fetch","cache":{},"connection":"443",
         "request":{"method":"POST","url":"https://shop.test/api/items?q=ä b#top","httpVersion":"h2","headers":[{"name":":authority","value":"shop.test"},{"name":":method","value":"POST"},{"name":"x-from","value":"chrome"},{"name":"content-length","value":"17"}],
          "queryString":[],"cookies":[],"headersSize":-1,"bodySize":9,"postData":{"mimeType":"application/json","text":"{\"a\":\"é\"}"}},
         "response":{"status":201,"statusText":"","httpVersion":"h2","headers":[{"name":"set-cookie","value":"a=1\nb=2"},{"name":"content-type","value":"image/png"},{"name":"content-encoding","value":"br"}],"cookies":[],
          "content":{"size":4,"mimeType":"image/png","text":"iVBORw==","encoding":"base64"},"redirectURL":"","headersSize":-1,"bodySize":-1,"_transferSize":100,"_error":null},
         "serverIPAddress":"127.0.0.1","startedDateTime":"2026-01-31T12:00:00.500+01:00","time":40.25,
         "timings":{"blocked":2,"dns":1,"ssl":-1,"connect":10,"send":0.5,"wait":20,"receive":6.75,"_blocked_queueing":1}},
        {"request":{"method":"GET","url":"https://shop.test/blocked","httpVersion":"","headers":[],"queryString":[],"cookies":[],"headersSize":-1,"bodySize":0},
         "response":{"status":0,"statusText":"","httpVersion":"","headers":[],"cookies":[],"content":{"size":0,"mimeType":"x-unknown"},"redirectURL":"","headersSize":-1,"bodySize":-1,"_error":"net::ERR_ABORTED"},
         "startedDateTime":"2026-01-31T12:00:01Z","time":1,"timings":{"blocked":-1,"dns":-1,"connect":-1,"send":0,"wait":0,"receive":0}},
        {"request":{"method":"GET","url":"data:image/png;base64,AAAA","headers":[]},"response":{"status":200},"startedDateTime":"2026-01-31T12:00:01Z"},
        {"_resourceType":"websocket","_webSocketMessages":[{"type":"send","time":1769857200.0,"opcode":1,"data":"hi"},{"type":"receive","time":1769857200.25,"opcode":2,"data":"AQID"},{"type":"receive","time":1769857201.0,"opcode":1,"data":"@@"}],
         "request":{"method":"GET","url":"wss://shop.test/live","httpVersion":"HTTP/1.1","headers":[{"name":"Connection","value":"Upgrade"},{"name":"Upgrade","value":"websocket"}]},
         "response":{"status":101,"statusText":"Switching Protocols","httpVersion":"HTTP/1.1","headers":[{"name":"Upgrade","value":"websocket"},{"name":"Connection","value":"Upgrade"}],"content":{"size":0,"mimeType":"x-unknown"}},
         "startedDateTime":"2026-01-31T12:00:02Z","time":5000}
        ]}}
        """;

    private static List<ExchangeSnapshot> Read(string har, RecorderOptions? limits = null) =>
        new HarReader(limits ?? new RecorderOptions()).Read(Encoding.UTF8.GetBytes("\uFEFF" + har.Replace("@@", new string('x', 200), StringComparison.Ordinal)));

    private static Task<InspectorScene> SceneAsync() => InspectorScene.StartAsync(
        async context =>
        {
            if (context.WebSockets.IsWebSocketRequest)
            {
                using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
                await socket.ReceiveAsync(new byte[100], context.RequestAborted);
                await socket.SendAsync("answer"u8.ToArray(), WebSocketMessageType.Text, true, context.RequestAborted);
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
                return;
            }

            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            context.Response.Headers.SetCookie = "sid=hidden-cookie; Path=/";
            context.Response.ContentType = context.Request.ContentType;
            await context.Response.Body.WriteAsync(body.ToArray());
        },
        inspect => inspect with { MaxBodyBytes = 1000 });

    // Text, binary, large, coded, fields with bytes, a WebSocket.
    private static async Task<long> TrafficAsync(InspectorScene scene)
    {
        var bodies = new (byte[] Body, string Type, string? Coding)[]
        {
            ("{\"ä\":\"\0€\", \"password\": \"hidden-word\"}"u8.ToArray(), "application/json", null),
            (Binary, "application/octet-stream", null),
            (Encoding.UTF8.GetBytes(new string('€', 1000)), "text/plain; charset=utf-8", null),
            (Binary, "application/json", "x-own"),
        };
        long count = 0;
        await VisitAsync(HttpMethod.Get, "/none?token=hidden-token&b=%7B|x", null);
        foreach ((byte[] body, string type, string? coding) in bodies)
        {
            var content = new ByteArrayContent(body);
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            content.Headers.TryAddWithoutValidation("Content-Encoding", coding is null ? [] : [coding]);
            await VisitAsync(HttpMethod.Post, "/a\"b<c>", content);
        }

        using var client = new ClientWebSocket();
        await client.ConnectAsync(new UriBuilder(scene.PublicUrl) { Scheme = "ws", Path = "/socket" }.Uri, CancellationToken.None);
        await client.SendAsync("question"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        await client.ReceiveAsync(new byte[100], CancellationToken.None);
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await scene.DoneAsync(++count);
        return count;

        async Task VisitAsync(HttpMethod method, string target, HttpContent? content)
        {
            using var request = new HttpRequestMessage(method, new Uri(scene.PublicUrl.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })) { Content = content };
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer hidden-bearer");
            request.Headers.TryAddWithoutValidation("X-Text", "it's");
            (await scene.Visitor.SendAsync(request)).Dispose();
            await scene.DoneAsync(++count);
        }
    }

    private static async Task ImportAsync(InspectorScene scene, string har)
    {
        using HttpResponseMessage response = await scene.Api.PostAsync("/api/har", new StringContent(har));
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    private static async Task<JsonObject> ExchangeAsync(InspectorScene scene, long number) => JsonNode.Parse(await scene.TextAsync($"/api/exchanges/{number}"))!.AsObject();

    private static Task<byte[]> BodyAsync(InspectorScene scene, long number, string side) => scene.Api.GetByteArrayAsync($"/api/exchanges/{number}/{side}/body");
}
