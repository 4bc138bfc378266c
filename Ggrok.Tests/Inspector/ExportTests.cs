using System.Text;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Export;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Inspector;

/// <summary>Exported commands are run, and the local app must get the recorded request again.</summary>
public sealed class ExportTests : IAsyncLifetime
{
    private readonly WatchedApp _app = new();
    private InspectorScene _scene = null!;

    // What shells, languages and curl make something of.
    private const string Nasty = "it's \"so\" $HOME $(id) `id` \\ \\n %s !! ~ * #; & | <a> {b} [c] \u2018\u2019\u201C\u2028";

    public async Task InitializeAsync() =>
        _scene = await InspectorScene.StartAsync(_app.TakeAsync, inspect => inspect with { MaxBodyBytes = 200_000 }, localKestrel: WatchedApp.Configure);

    public async Task DisposeAsync() => await _scene.DisposeAsync();

    [Theory]
    [InlineData("curl", "local")]
    [InlineData("curl", "public")]
    public async Task Curl_sends_the_same_request_whatever_is_in_it(string format, string to)
    {
        await EachComesBackAsync(format, to, "bash", isWhole: to == "local");
    }

    [PeerFact]
    public async Task Fetch_sends_the_same_request_whatever_is_in_it()
    {
        await EachComesBackAsync("fetch", "local", "node", isWhole: false);
    }

    [Theory]
    [InlineData("HEAD /head HTTP/1.1\r\nHost: {0}\r\n\r\n")]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: {0}\r\n\r\n")]
    [InlineData("PROPFIND /a/./b/../c?x=[1]&y={{2}}%23no-fragment HTTP/1.1\r\nHost: {0}\r\n\r\n")]
    [InlineData("GET /quotes'%27$HOME`id`\"!\\?a='b'&c=d|e^f HTTP/1.1\r\nHost: {0}\r\n\r\n")]
    [InlineData("POST /none HTTP/1.1\r\nHost: {0}\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET /body HTTP/1.1\r\nHost: {0}\r\nContent-Length: 3\r\n\r\nabc")]
    public async Task Curl_sends_every_method_and_target(string request)
    {
        await VisitAsync(Encoding.Latin1.GetBytes(string.Format(System.Globalization.CultureInfo.InvariantCulture, request, _scene.PublicUrl.Authority)));
        SeenRequest first = await _app.NextAsync();

        await RunAsync("bash", await _scene.TextAsync("/api/exchanges/1/export?as=curl&to=local&secrets=true"));

        ShouldBeSame(await _app.NextAsync(), first, isWhole: true);
    }

    [Fact]
    public async Task Secrets_are_shown_only_when_asked_for()
    {
        await VisitAsync("POST /login?access_token=tok-1&page=2 HTTP/1.1\r\nHost: {0}\r\nAuthorization: Bearer aut-1\r\nCookie: sid=coo-1\r\nX-Api-Key: key-1\r\n"
            + "Content-Type: application/json\r\nContent-Length: {1}\r\n\r\n{2}", """{"user": "anna", "password" : "pas-1"}"""u8.ToArray());
        foreach (string format in (string[])["curl", "powershell", "csharp", "fetch"])
        {
            string hidden = await _scene.TextAsync($"/api/exchanges/1/export?as={format}");
            string shown = await _scene.TextAsync($"/api/exchanges/1/export?as={format}&secrets=true");

            foreach (string secret in (string[])["tok-1", "aut-1", "coo-1", "key-1", "pas-1"])
            {
                hidden.ShouldNotContain(secret);
                shown.ShouldContain(secret);
            }

            hidden.ShouldContain("access_token=REDACTED&page=2");
            hidden.ShouldContain("anna");
            hidden.ShouldNotContain("X-Forwarded");
        }
    }

    [Fact]
    public async Task A_body_that_was_kept_in_part_is_said_to_be_so()
    {
        await VisitAsync("POST / HTTP/1.1\r\nHost: {0}\r\nContent-Length: {1}\r\n\r\n{2}", new byte[250_000]);

        (await _scene.TextAsync("/api/exchanges/1/export?as=curl")).ShouldStartWith("# Only 195.3 KiB of the body of 244.1 KiB were kept.\n");
        (await _scene.TextAsync("/api/exchanges/1/export?as=fetch")).ShouldStartWith("// Only 195.3 KiB of the body of 244.1 KiB were kept.\n");
    }

    [Theory]
    [InlineData("", "as must be curl, powershell, csharp or fetch.")]
    [InlineData("as=wget", "as must be curl, powershell, csharp or fetch.")]
    [InlineData("as=curl&to=me", "to must be public or local.")]
    [InlineData("as=curl&secrets=1", "secrets must be true or false.")]
    public async Task A_mistake_is_answered_with_what_to_write(string query, string expected)
    {
        await VisitAsync("GET / HTTP/1.1\r\nHost: {0}\r\n\r\n", []);

        (int status, string text) = await InspectorScene.ProblemOf(await _scene.Api.GetAsync("/api/exchanges/1/export?" + query));

        status.ShouldBe(400);
        text.ShouldStartWith(expected);
    }

    [Fact]
    public void PowerShell_text_is_quoted_by_its_rules()
    {
        string command = PowerShellExport.Of(new ExportedRequest
        {
            Method = "GET",
            Origin = "http://localhost:3000",
            Target = "/it's",
            Host = "shop.test",
            Headers = [new("A", "1"), new("a", "2"), new("X", "\u2019$x`"), new("Content-Type", "text/plain")],
            Body = "line \"1\"\n$two`\u201Dä"u8.ToArray(),
        });

        command.ShouldBe("""
            Invoke-WebRequest 'http://localhost:3000/it''s' `
              -CustomMethod 'GET' `
              -SkipHeaderValidation `
              -SkipHttpErrorCheck `
              -MaximumRedirection 0 `
              -Headers @{
                'Host' = 'shop.test'
                'A' = '1, 2'
                'X' = '’’$x`'
              } `
              -ContentType 'text/plain' `
              -Body ([Text.Encoding]::UTF8.GetBytes("line `"1`"`n`$two```”ä"))

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void The_public_address_has_the_prefix_that_the_service_does_not_see_and_the_local_one_the_host_that_it_does()
    {
        var head = new RequestHead { Id = "1", Method = "GET", Target = "/x", Scheme = "https", Host = "my.app" };
        head.Headers.AddRange([new("X-Forwarded-Prefix", "/alice"), new("X-Request-ID", "1"), new("X-Request-ID", "2")]);
        var exchange = new ExchangeSnapshot { Number = 1, Tunnel = "web", State = ExchangeState.Done, StartedAt = default, Request = head };
        var tunnel = new LocalTunnel { Name = "web", Target = new Uri("http://localhost:3000") };

        ExportedRequest.Of(exchange, null).Url.ShouldBe("https://my.app/alice/x");
        ExportedRequest.Of(exchange, null).Headers.ShouldBe([new("X-Request-ID", "2")]);
        ExportedRequest.Of(exchange, tunnel).Url.ShouldBe("http://localhost:3000/x");
        ExportedRequest.Of(exchange, tunnel).Host.ShouldBeNull();
        ExportedRequest.Of(exchange, tunnel with { HostHeader = "preserve" }).Host.ShouldBe("my.app");
    }

    private async Task EachComesBackAsync(string format, string to, string program, bool isWhole)
    {
        byte[][] bodies =
        [
            Encoding.UTF8.GetBytes("@" + Nasty + "\r\n\tä€😀\u0001\u007F\n"),
            [.. Enumerable.Range(0, 256).Select(i => (byte)i)],
            [.. Enumerable.Range(1, 255).Select(i => (byte)i)],
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a longer 'text' of many bytes\n", 6000))),
        ];
        for (int i = 0; i < bodies.Length; i++)
        {
            string fields = $"X-Nasty: {Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Nasty))}\r\nX-Bytes: \u00E9\u00FF'\\\r\nX-Empty:\r\nX-Twice: 1\r\nX-Twice: 2\r\nAccept-Encoding: br\r\nUser-Agent: me\r\n";
            await VisitAsync("POST /a%2F'b?q=$1 HTTP/1.1\r\nHost: {0}\r\n" + fields + (i == 0 ? "Content-Type: text/plain\r\n" : "") + "Content-Length: {1}\r\n\r\n{2}", bodies[i]);
            SeenRequest first = await _app.NextAsync();
            first.Body.ShouldBe(bodies[i]);
            int number = to == "local" ? i + 1 : (i * 2) + 1;

            await RunAsync(program, await _scene.TextAsync($"/api/exchanges/{number}/export?as={format}&to={to}&secrets=true"));

            ShouldBeSame(await _app.NextAsync(), first, isWhole);
            await _scene.DoneAsync(to == "local" ? number : number + 1);
        }
    }

    private static void ShouldBeSame(SeenRequest second, SeenRequest first, bool isWhole)
    {
        second.Line.ShouldBe(first.Line);
        second.Body.ShouldBe(first.Body);
        second.Find("Content-Type").ShouldBe(first.Find("Content-Type"));
        if (isWhole)
        {
            second.Headers.Order().ShouldBe(first.Headers.Order());
        }

        foreach ((string Name, string Value) header in first.Headers.Where(h => !h.Name.StartsWith("X-Forwarded", StringComparison.Ordinal) && h.Name is not ("Connection" or "X-Request-ID" or "Accept-Encoding")))
        {
            Joined(second, header.Name).ShouldBe(Joined(first, header.Name), header.Name);
        }
    }

    // Fetch joins what stands there twice.
    private static string Joined(SeenRequest request, string name) =>
        string.Join(", ", request.Headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value));

    private static async Task RunAsync(string program, string text)
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("ggrok-export").FullName, program == "node" ? "export.mjs" : "export.sh");
        await File.WriteAllTextAsync(file, text);
        await using RunningProgram running = RunningProgram.Start(program, file);
        (await running.ExitAsync()).ShouldBe(0, running.Output + text);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    private Task VisitAsync(string request, byte[] body)
    {
        string[] parts = request.Replace("{0}", _scene.PublicUrl.Authority, StringComparison.Ordinal).Replace("{1}", $"{body.Length}", StringComparison.Ordinal).Split("{2}");
        return VisitAsync([.. Encoding.Latin1.GetBytes(parts[0]), .. body]);
    }

    private async Task VisitAsync(byte[] request)
    {
        long before = (await _scene.GetAsync("/api/status")).GetProperty("recorder").GetProperty("recorded").GetInt64();
        using RawSocket socket = await RawSocket.ConnectAsync(_scene.PublicUrl);
        await socket.SendAsync(request);
        await Eventually.BecomesAsync(async () => (await _scene.GetAsync("/api/status")).GetProperty("recorder").GetProperty("recorded").GetInt64(), before + 1);
    }
}
