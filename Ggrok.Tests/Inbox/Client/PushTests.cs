using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Tests.Inspector;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox.Client;

/// <summary><c>ggrok inbox push</c>: what the local service gets of a file.</summary>
public sealed class PushTests : IDisposable
{
    private const string Ok = "HTTP/1.1 204 No Content\r\n\r\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-push").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_pulled_file_arrives_as_it_stands_target_order_and_bytes()
    {
        byte[] body = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        string head = "POST /a%2fb//c/../d?x=%41&x=[2] HTTP/1.1\r\nHost: alice.my.app\r\nx-b: 1\r\nX-A: \xe9\r\nx-b: 2\r\nContent-Length: 256\r\nGgrok-Delivery-Id: 01JD0000000000000000000000\r\n\r\n";

        string seen = await SeenAsync(Write("a.http", [.. Encoding.Latin1.GetBytes(head), .. body]), body.Length);

        seen.ShouldBe(head.Replace("alice.my.app", Authority, StringComparison.Ordinal) + Encoding.Latin1.GetString(body));
    }

    [Fact]
    public async Task A_file_that_a_person_wrote_needs_no_version_no_length_and_no_carriage_returns()
    {
        string file = Write("hand.http", "\uFEFF\nPOST http://alice.my.app/hooks?a=1\nContent-Type: application/json\n\n{\r\n \"a\": \"é\"\n}\n");

        string seen = await SeenAsync(file, 16);

        seen.ShouldBe($"POST /hooks?a=1 HTTP/1.1\r\nHost: {Authority}\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{{\r\n \"a\": \"Ã©\"\n}}\n");
    }

    [Fact]
    public async Task A_single_line_is_a_request() =>
        (await SeenAsync(Write("get.http", "GET /health"), 0)).ShouldBe($"GET /health HTTP/1.1\r\nHost: {Authority}\r\n\r\n");

    [Theory]
    [InlineData("preserve", "alice.my.app")]
    [InlineData("app.test", "app.test")]
    public async Task The_host_is_what_was_asked_for(string mode, string expected) =>
        (await SeenAsync(Write("a.http", "GET / HTTP/1.1\r\nHost: alice.my.app\r\n\r\n"), 0, "--host-header", mode)).ShouldBe($"GET / HTTP/1.1\r\nHost: {expected}\r\n\r\n");

    [Fact]
    public async Task Fields_are_given_and_left_out_and_those_of_a_connection_stay_behind()
    {
        string file = Write("a.http", "POST / HTTP/1.1\nHost: a\nX-One: 1\nConnection: keep-alive, X-Hop\nX-Hop: 1\nUpgrade: h2c\nExpect: 100-continue\nX-Two: 2\nContent-Length: 99\n\nab");

        string seen = await SeenAsync(file, 2, "--header", "X-one: 9", "-H", "X-New: a: b", "--remove", "x-two", "--remove", "Content-Length");

        seen.ShouldBe($"POST / HTTP/1.1\r\nHost: {Authority}\r\nX-one: 9\r\nX-New: a: b\r\nContent-Length: 2\r\n\r\nab");
    }

    [Theory]
    [InlineData("/alice/hooks?a=/alice", "/hooks?a=/alice")]
    [InlineData("/alice", "/")]
    [InlineData("/alice2", "/alice2")]
    public async Task A_prefix_is_removed_from_the_path(string target, string expected) =>
        (await SeenAsync(Write("a.http", $"GET {target}\n"), 0, "--strip-prefix", "/alice/")).ShouldStartWith($"GET {expected} HTTP/1.1\r\n");

    [Fact]
    public async Task A_folder_is_sent_in_order_of_arrival_and_an_answer_that_is_no_success_shows_in_the_exit_code()
    {
        var seen = new ConcurrentQueue<string>();
        await using LocalApp app = await LocalApp.StartAsync(context =>
        {
            seen.Enqueue(context.Request.Path);
            context.Response.StatusCode = context.Request.Path == "/2" ? 500 : 201;
            return context.Response.WriteAsync("done");
        });
        Write("20261121T091203Z-01JD0000000000000000000003.http", "POST /3\n\nc");
        Write("20261121T091201Z-01JD0000000000000000000001.http", "POST /1\nGgrok-Delivery-Id: 01JD0000000000000000000001\n\na");
        Write("20261121T091202Z-01JD0000000000000000000002.http", "POST /2\n\nb");
        Write("notes.txt", "not a request");

        CommandResult result = await PushAsync(app.Url, "--json", _folder);

        result.Code.ShouldBe((int)ExitCode.Failed);
        result.Error.ShouldContain("1 of 3 requests got no answer of the 2xx class.");
        seen.ShouldBe(["/1", "/2", "/3"]);
        JsonElement[] lines = [.. result.Lines.Select(l => JsonDocument.Parse(l).RootElement)];
        lines.Select(l => l.GetProperty("status").GetInt32()).ShouldBe([201, 500, 201]);
        lines[0].GetProperty("deliveryId").GetString().ShouldBe("01JD0000000000000000000001");
        lines[0].GetProperty("responseBytes").GetInt32().ShouldBe(4);
        (await PushAsync(app.Url, Path.Combine(_folder, "20261121T091201Z-01JD0000000000000000000001.http"))).Fine().Output.ShouldMatch(@"^201 +[\d.]+ m?s  POST /1  /");
    }

    [Fact]
    public async Task A_large_body_arrives_whole()
    {
        byte[] body = new byte[40 * 1024 * 1024];
        new Random(7).NextBytes(body);
        string? hash = null;
        await using LocalApp app = await LocalApp.StartAsync(async context => hash = Convert.ToHexString(await SHA256.HashDataAsync(context.Request.Body)));

        (await PushAsync(app.Url, Write("big.http", [.. "PUT /big HTTP/1.1\r\n\r\n"u8, .. body]))).Fine();

        hash.ShouldBe(Convert.ToHexString(SHA256.HashData(body)));
    }

    [Theory]
    [InlineData("", 1, "There is no request")]
    [InlineData("hello\n", 1, "is no request line")]
    [InlineData("POST /a b HTTP/1.1\n", 1, "is no request line")]
    [InlineData("POST hooks\n", 1, "is no path")]
    [InlineData("POST /a#b\n", 1, "is no path")]
    [InlineData("CONNECT a:443 HTTP/1.1\n", 1, "CONNECT")]
    [InlineData("\n\nPOST / HTTP/1.1\nX-A: 1\n{\"a\":1}\n", 5, "is no header field")]
    [InlineData("POST /\nX A: 1\n", 2, "is no header field")]
    [InlineData("POST /\nX-A: 1\n  folded\n", 3, "begins with a space")]
    [InlineData("POST /\nX-A: \0\n", 2, "control character")]
    [InlineData("POST /\nX-A: 1\nTransfer-Encoding: chunked\n\n1\r\na\r\n0\r\n\r\n", 3, "Transfer-Encoding belongs to a connection")]
    [InlineData("POST /\nContent-Length: 5\n\nabcdef", 2, "6 bytes follow the head; write 6")]
    [InlineData("POST /\nContent-Length: 0x2\n\nab", 2, "2 bytes follow")]
    [InlineData("POST /\nX: 1\nContent-Length: 2\nContent-Length: 2\n\nab", 3, "several Content-Length")]
    public async Task A_file_that_is_no_request_is_refused_with_its_line_and_nothing_is_sent(string content, int line, string complaint)
    {
        using var local = new RawListener();
        string good = Write("good.http", "GET /");
        string bad = Write("bad.http", content);

        CommandResult result = await PushAsync(local.Url, good, bad);

        result.Code.ShouldBe((int)ExitCode.Usage);
        result.Output.ShouldBe("");
        result.Error.ShouldStartWith($"ggrok: {bad}:{line}: ");
        result.Error.ShouldContain(complaint);
        result.Error.Count(c => c == '\n').ShouldBe(1);
    }

    [Fact]
    public async Task A_head_without_end_is_refused()
    {
        CommandResult result = await PushAsync(new Uri("http://127.0.0.1:9"), Write("long.http", "GET / HTTP/1.1\n" + string.Concat(Enumerable.Repeat("X-A: 123456789012345678901234567890\n", 3000))));

        result.Code.ShouldBe((int)ExitCode.Usage);
        result.Error.ShouldContain("larger than the 64 KiB");
    }

    [Fact]
    public async Task Where_nothing_listens_the_rest_is_not_tried()
    {
        Uri nobody;
        using (var local = new RawListener())
        {
            nobody = local.Url;
        }

        CommandResult result = await PushAsync(nobody, Write("a.http", "GET /a"), Write("b.http", "GET /b"));

        result.Code.ShouldBe((int)ExitCode.Failed);
        result.Lines.Length.ShouldBe(1);
        result.Error.ShouldContain("The local service is down");
        result.Error.ShouldContain("0 of 2 requests were sent");
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_given_up_in_time()
    {
        using var local = new RawListener();
        Task<RawSocket> accepting = local.AcceptAsync();

        CommandResult result = await PushAsync(local.Url, "--timeout", "100ms", Write("a.http", "POST /\n\nab"));

        using RawSocket connection = await accepting;
        result.Code.ShouldBe((int)ExitCode.Failed);
        result.Output.ShouldStartWith("ResponseHeadTimeout");
    }

    [Theory]
    [InlineData("Where to?")]
    [InlineData("--header", "--to", "3000", "--header", "Content-Length: 3")]
    [InlineData("--host-header", "--to", "3000", "--header", "Host: a")]
    [InlineData("--remove X-A", "--to", "3000", "--header", "X-A:")]
    [InlineData("no name of a header field", "--to", "3000", "--remove", "a b")]
    [InlineData("cannot be read", "--to", "3000", "/does/not/exist.http")]
    [InlineData("--timeout", "--to", "3000", "--timeout", "0s")]
    public async Task A_mistake_in_the_command_is_explained(string complaint, params string[] arguments)
    {
        CommandResult result = await CommandRun.RunAsync(["inbox", "push", Write("a.http", "GET /"), .. arguments]);

        result.Code.ShouldBe((int)ExitCode.Usage);
        result.Error.ShouldContain(complaint);
    }

    private string Authority { get; set; } = "";

    private string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private static Task<CommandResult> PushAsync(Uri to, params string[] arguments) => CommandRun.RunAsync(["inbox", "push", "--to", to.AbsoluteUri, .. arguments]);

    private async Task<string> SeenAsync(string file, int bodyBytes, params string[] arguments)
    {
        using var local = new RawListener();
        Authority = local.Url.Authority;
        Task<CommandResult> pushing = PushAsync(local.Url, [file, .. arguments]);
        using RawSocket connection = await local.AcceptAsync();
        string head = await connection.ReadUntilAsync("\r\n\r\n");
        string seen = head + Encoding.Latin1.GetString(await connection.ReadAsync(bodyBytes));
        await connection.SendAsync(Ok);
        (await pushing).Fine();
        return seen;
    }
}
