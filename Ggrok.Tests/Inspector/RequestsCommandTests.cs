using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Ggrok.Client.Inspector.Remote;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector;

/// <summary><c>ggrok requests</c> beside a client that runs.</summary>
public sealed class RequestsCommandTests : IAsyncLifetime
{
    private InspectorScene _scene = null!;
    private InspectorCommands _commands = null!;

    public async Task InitializeAsync()
    {
        _scene = await InspectorScene.StartAsync(AnswerAsync);
        _commands = new InspectorCommands(_scene);
    }

    public async Task DisposeAsync() => await _scene.DisposeAsync();

    [Fact]
    public async Task Requests_are_listed_newest_last_below_each_other()
    {
        await VisitAsync("/first");
        await VisitAsync("/broken");
        await VisitAsync("/third?x=1", HttpMethod.Post);

        CommandResult list = (await _commands.RunAsync("requests")).Fine();

        list.Lines.Length.ShouldBe(3);
        list.Lines[0].ShouldMatch(@"^  1  \d\d:\d\d:\d\d  GET   /first      +200 +\d+(\.\d)? ms +2 B$");
        list.Lines[1].ShouldMatch("^  2  .{8}  GET   /broken     +503 ");
        list.Lines[2].ShouldMatch(@"^  3  .{8}  POST  /third\?x=1  +200 ");
        list.Lines.Select(l => l.IndexOf(" ms", StringComparison.Ordinal)).Distinct().Count().ShouldBe(1);
    }

    [Theory]
    [InlineData("2", "--status", "5xx")]
    [InlineData("3", "--method", "post")]
    [InlineData("1 3", "--text", "IR")]
    [InlineData("", "--host", "elsewhere.example.com")]
    [InlineData("1 2 3", "--tunnel", "web")]
    [InlineData("2 3", "--limit", "2")]
    [InlineData("1", "--text", "first", "--method", "GET,PUT", "--status", "200,error")]
    public async Task Filters_choose(string expected, params string[] filters)
    {
        await VisitAsync("/first");
        await VisitAsync("/broken");
        await VisitAsync("/third", HttpMethod.Post);

        CommandResult list = (await _commands.RunAsync(["requests", "--json", .. filters])).Fine();

        string.Join(' ', list.Lines.Where(l => l.Length > 0).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("number").GetInt64())).ShouldBe(expected);
    }

    [Fact]
    public async Task Nothing_to_list_is_said_beside_the_output()
    {
        CommandResult none = (await _commands.RunAsync("requests")).Fine();
        none.Output.ShouldBeEmpty();
        none.Error.ShouldBe("ggrok: No request has come in yet.\n");
        await VisitAsync("/");
        (await _commands.RunAsync("requests", "--text", "zebra")).Error.ShouldBe("ggrok: No request fits.\n");
        (await _commands.RunAsync("requests", "--text", "zebra", "--json")).Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Those_that_come_follow_each_once_when_it_is_over()
    {
        await VisitAsync("/before");
        using var stop = new CancellationTokenSource();
        using var output = new StringWriter();
        TextWriter shared = TextWriter.Synchronized(output);
        Task<int> following = _commands.StartAsync(shared, stop.Token, "requests", "--follow", "--method", "GET");
        await Eventually.BecomesAsync(() => Task.FromResult(Read().Contains("/before", StringComparison.Ordinal)), true);

        await VisitAsync("/hidden", HttpMethod.Post);
        await VisitAsync("/one");
        await VisitAsync("/two");
        await Eventually.BecomesAsync(() => Task.FromResult(Read().Contains("/two", StringComparison.Ordinal)), true);
        await stop.CancelAsync();

        (await Within.Bound(following, "the end")).ShouldBe(0);
        string[] lines = output.ToString().TrimEnd().Split('\n');
        lines.Length.ShouldBe(3);
        lines[1].ShouldContain("/one");

        string Read()
        {
            lock (shared)
            {
                return output.ToString();
            }
        }
    }

    [Fact]
    public async Task Following_ends_when_the_client_does()
    {
        using var output = new StringWriter();
        TextWriter writer = TextWriter.Synchronized(output);
        Task<int> following = _commands.StartAsync(writer, default, "requests", "--follow");
        await VisitAsync("/one");
        await Eventually.BecomesAsync(() => Task.FromResult(Written().Contains("/one", StringComparison.Ordinal)), true);

        _scene.Stop();

        (await Within.Bound(following, "the end")).ShouldBe(0);

        // The writer locks itself while it writes.
        string Written()
        {
            lock (writer)
            {
                return output.ToString();
            }
        }
    }

    [Fact]
    public async Task A_request_is_shown_with_heads_phases_and_bodies()
    {
        await VisitAsync("/json", HttpMethod.Post, new StringContent("name=value", new MediaTypeHeaderValue("application/x-www-form-urlencoded")));

        CommandResult shown = (await _commands.RunAsync("requests", "show", "last")).Fine();

        shown.Output.ShouldContain("Request  1  POST /json\n");
        shown.Output.ShouldContain("Result   200 OK in ");
        shown.Output.ShouldContain("first byte after ");
        shown.Output.ShouldContain("\nPOST /json HTTP/1.1\n");
        shown.Output.ShouldContain("\nContent-Type: application/x-www-form-urlencoded\n");
        shown.Output.ShouldContain("\n\nname=value\n\nHTTP 200 OK\n");
        shown.Output.ShouldEndWith("\n\n{\n  \"big\": 12345678901234567890.10,\n  \"text\": \"ä\\u001B\"\n}\n");
        shown.Output.ShouldNotContain("\u001b");
        JsonDocument.Parse((await _commands.RunAsync("requests", "show", "1", "--json")).Fine().Output).RootElement.GetProperty("request").GetProperty("method").GetString().ShouldBe("POST");
    }

    [Fact]
    public async Task Text_of_strangers_keeps_its_lines_and_cannot_steer_the_terminal()
    {
        await VisitAsync("/nasty");

        CommandResult shown = (await _commands.RunAsync("requests", "show", "1")).Fine();

        shown.Output.ShouldEndWith("\n\none\ttab\ntwo?[31m 😀??\n");
    }

    [Fact]
    public async Task Bytes_are_shown_as_numbers_and_written_as_they_are()
    {
        await VisitAsync("/binary");

        string[] shown = (await _commands.RunAsync("requests", "show", "1")).Fine().Lines;
        byte[] written = (await _commands.RunAsync("requests", "show", "1", "--body", "response")).Fine().Bytes;

        shown.ShouldContain("00000000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  ................");
        shown.ShouldContain("00000040  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO");
        shown.Count(l => l.StartsWith("00000", StringComparison.Ordinal)).ShouldBe(16);
        shown.ShouldContain("(the first 256 of 1,000 bytes; all: --body request|response)");
        written.ShouldBe(Binary());
    }

    [Fact]
    public async Task Content_encodings_are_undone_when_that_is_wanted()
    {
        await VisitAsync("/gzip");

        byte[] raw = (await _commands.RunAsync("requests", "show", "1", "--body", "response")).Fine().Bytes;
        byte[] decoded = (await _commands.RunAsync("requests", "show", "1", "--body", "response", "--decoded")).Fine().Bytes;

        raw[..2].ShouldBe([0x1f, 0x8b]);
        Encoding.UTF8.GetString(decoded).ShouldBe("squeezed");
        (await _commands.RunAsync("requests", "show", "1")).Output.ShouldContain("\nsqueezed\n");
    }

    [Theory]
    [InlineData("curl", "curl")]
    [InlineData("powershell", "Invoke-WebRequest")]
    [InlineData("csharp", "HttpClient")]
    [InlineData("fetch", "fetch(")]
    public async Task A_request_is_written_as_code_without_its_secrets_unless_they_are_wanted(string format, string expected)
    {
        await VisitAsync("/first", authorization: "Bearer s3cret");

        string code = (await _commands.RunAsync("requests", "export", "last", "--as", format)).Fine().Output;
        code.ShouldContain(expected);
        code.ShouldContain(Plain(_scene.PublicUrl) + "/first");
        code.ShouldNotContain("s3cret");
        (await _commands.RunAsync("requests", "export", "1", "--as", format, "--secrets", "--to", "local")).Fine().Output.ShouldContain("s3cret");
        string json = (await _commands.RunAsync("requests", "export", "1", "--as", format, "--json")).Fine().Output;
        JsonDocument.Parse(json).RootElement.GetProperty("text").GetString()!.TrimEnd().ShouldBe(code.TrimEnd());
    }

    [Fact]
    public async Task Requests_are_written_as_a_HAR_file_that_is_not_overwritten_by_mistake()
    {
        await VisitAsync("/first");
        await VisitAsync("/second");
        string folder = Directory.CreateTempSubdirectory("ggrok-test").FullName;
        string file = Path.Combine(folder, "all.har");
        try
        {
            (await _commands.RunAsync("requests", "har", file)).Fine();
            Entries(await File.ReadAllBytesAsync(file)).ShouldBe(2);
            CommandResult again = await _commands.RunAsync("requests", "har", file, "--only", "2");
            (again.Code, again.Error).ShouldBe((2, $"ggrok: {file} is there already; give another name, or --force to overwrite it.\n"));
            (await _commands.RunAsync("requests", "har", file, "--only", "2", "--force")).Fine();
            Entries(await File.ReadAllBytesAsync(file)).ShouldBe(1);
            (await _commands.RunAsync("requests", "har", file, "--text", "nothing", "--only", "1-2", "--force")).Fine();
            Entries(await File.ReadAllBytesAsync(file)).ShouldBe(0);
            (await _commands.RunAsync("requests", "har", Path.Combine(folder, "no", "such"))).Code.ShouldBe(1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Entries((await _commands.RunAsync("requests", "har")).Fine().Bytes).ShouldBe(2);

        static int Entries(byte[] har) => JsonDocument.Parse(har).RootElement.GetProperty("log").GetProperty("entries").GetArrayLength();
    }

    [Fact]
    public async Task All_can_be_forgotten()
    {
        await VisitAsync("/");

        (await _commands.RunAsync("requests", "clear")).Fine();

        (await _commands.RunAsync("requests")).Fine().Output.ShouldBeEmpty();
        (await _commands.RunAsync("requests", "show", "1")).Error.ShouldStartWith("ggrok: There is no exchange 1.");
    }

    [Theory]
    [InlineData("--status", "requests", "--status", "6xx")]
    [InlineData("--limit", "requests", "--limit", "0")]
    [InlineData("\"first\"", "requests", "show", "first")]
    [InlineData("request or response", "requests", "show", "1", "--body", "both")]
    [InlineData("--decoded", "requests", "show", "1", "--decoded")]
    [InlineData("curl, powershell, csharp or fetch", "requests", "export", "1", "--as", "perl")]
    [InlineData("12-40,45", "requests", "har", "--only", "x")]
    [InlineData("numbers", "requests", "har", "--only", "9-1")]
    [InlineData("--status", "requests", "har", "--status", "x")]
    public async Task What_cannot_be_meant_is_said_in_a_sentence(string expected, params string[] arguments)
    {
        CommandResult result = await _commands.RunAsync(arguments);

        result.Code.ShouldBe(2);
        result.Error.ShouldStartWith("ggrok: ");
        result.Error.ShouldContain(expected);
        result.Error.TrimEnd('\n').ShouldNotContain("\n");
    }

    [Fact]
    public async Task A_request_that_is_not_kept_is_a_failure_and_no_misuse()
    {
        CommandResult result = await _commands.RunAsync("requests", "show", "7");

        result.Code.ShouldBe(1);
        result.Error.ShouldBe("ggrok: There is no exchange 7. It may have given way to newer ones; ggrok requests lists those that are kept.\n");
    }

    [Fact]
    public async Task The_only_client_is_found_among_strangers_and_several_are_listed()
    {
        await using LocalApp stranger = await LocalApp.StartAsync(context => context.Response.WriteAsync("hello"));
        await using InspectorScene other = await InspectorScene.StartAsync(AnswerAsync);
        int nobody = FreePorts.One();

        using (InspectorClient client = await InspectorFinder.AmongAsync([nobody, stranger.Url.Port, _scene.Address.Port], default))
        {
            client.Port.ShouldBe(_scene.Address.Port);
        }

        InspectorException several = await Should.ThrowAsync<InspectorException>(InspectorFinder.AmongAsync([_scene.Address.Port, other.Address.Port, nobody], default));
        several.Message.ShouldBe(
            "Several ggrok run here; say which one with --inspector PORT:\n"
            + $"  --inspector {_scene.Address.Port}   {Plain(_scene.PublicUrl)} -> {Plain(_scene.App.Url)}\n"
            + $"  --inspector {other.Address.Port}   {Plain(other.PublicUrl)} -> {Plain(other.App.Url)}");
        InspectorException none = await Should.ThrowAsync<InspectorException>(InspectorFinder.AmongAsync([nobody, stranger.Url.Port], default));
        none.Message.ShouldStartWith("No ggrok with an inspector runs here");
        (await Should.ThrowAsync<InspectorException>(InspectorFinder.FindAsync(stranger.Url.Port, default))).Message.ShouldStartWith("No ggrok has its inspector at http://127.0.0.1:");
    }

    private static string Plain(Uri url) => url.AbsoluteUri.TrimEnd('/');

    private static byte[] Binary() => [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];

    private static async Task AnswerAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        switch (context.Request.Path.Value)
        {
            case "/broken":
                response.StatusCode = 503;
                break;
            case "/json":
                response.ContentType = "application/json; charset=utf-8";
                await response.WriteAsync("""{"big":12345678901234567890.10,"text":"ä\u001b"}""");
                break;
            case "/nasty":
                response.ContentType = "text/plain; charset=utf-8";
                await response.WriteAsync("one\ttab\r\ntwo\u001b[31m 😀\u202E\u0007");
                break;
            case "/binary":
                response.ContentType = "application/octet-stream";
                await response.Body.WriteAsync(Binary());
                break;
            case "/gzip":
                response.ContentType = "text/plain; charset=utf-8";
                response.Headers.ContentEncoding = "gzip";
                await using (var gzip = new GZipStream(response.Body, CompressionLevel.Fastest))
                {
                    await gzip.WriteAsync("squeezed"u8.ToArray());
                }

                break;
            default:
                await response.WriteAsync("ok");
                break;
        }
    }

    // It is in the list when the visitor has its answer, or a moment later.
    private async Task VisitAsync(string path, HttpMethod? method = null, HttpContent? content = null, string? authorization = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path) { Content = content };
        if (authorization is not null)
        {
            request.Headers.Add("Authorization", authorization);
        }

        (await _scene.Visitor.SendAsync(request)).Dispose();
        await _scene.NewestDoneAsync(e => e.GetProperty("target").GetString() == path);
    }
}
