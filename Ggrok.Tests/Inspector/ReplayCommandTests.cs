using System.Collections.Concurrent;
using System.Text.Json;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector;

/// <summary><c>ggrok replay</c>: what the local service gets then.</summary>
public sealed class ReplayCommandTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<Received> _received = new();
    private InspectorScene _scene = null!;
    private InspectorCommands _commands = null!;

    public async Task InitializeAsync()
    {
        _scene = await InspectorScene.StartAsync(AnswerAsync);
        _commands = new InspectorCommands(_scene);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/orders?id=1") { Content = new StringContent("original") };
        request.Headers.Add("X-Mode", ["a", "b"]);
        request.Headers.Add("X-Keep", "kept");
        (await _scene.Visitor.SendAsync(request)).Dispose();
        await _scene.DoneAsync(1);
        _received.Clear();
    }

    public async Task DisposeAsync() => await _scene.DisposeAsync();

    [Fact]
    public async Task The_same_request_comes_again_as_often_as_wanted()
    {
        CommandResult result = (await _commands.RunAsync("replay", "last", "--count", "3", "--pause", "1ms")).Fine();

        result.Lines.Length.ShouldBe(3);
        result.Lines.ShouldAllBe(l => l.EndsWith("replay of 1", StringComparison.Ordinal));
        _received.Count.ShouldBe(3);
        Received first = _received.First();
        (first.Method, first.Target, first.Body, first.Mode, first.Keep).ShouldBe(("POST", "/orders?id=1", "original", "a, b", "kept"));
    }

    [Fact]
    public async Task What_is_given_replaces_what_was_recorded()
    {
        CommandResult result = (await _commands.RunAsync(
            "replay", "1", "--method", "PUT", "--target-path", "/other?x=%C3%A4", "--header", "x-mode: test", "--header", "X-New:1:2", "--header", "X-Keep:", "--body", "changed", "--json")).Fine();

        Received got = _received.ShouldHaveSingleItem();
        (got.Method, got.Body, got.Mode, got.Keep, got.New).ShouldBe(("PUT", "changed", "test", "", "1:2"));
        got.Target.ShouldBe("/other?x=%C3%A4");
        JsonDocument.Parse(result.Output).RootElement.GetProperty("replayOf").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task A_body_comes_from_a_file_byte_for_byte()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "from\r\na file\n");
        try
        {
            (await _commands.RunAsync("replay", "1", "--body", "@" + file)).Fine();
        }
        finally
        {
            File.Delete(file);
        }

        _received.ShouldHaveSingleItem().Body.ShouldBe("from\r\na file\n");
    }

    [Fact]
    public async Task It_can_go_elsewhere()
    {
        var elsewhere = new ConcurrentQueue<string>();
        await using LocalApp other = await LocalApp.StartAsync(context =>
        {
            elsewhere.Enqueue(context.Request.Path);
            return Task.CompletedTask;
        });

        (await _commands.RunAsync("replay", "1", "--to", $"localhost:{other.Url.Port}")).Fine();

        elsewhere.ShouldHaveSingleItem().ShouldBe("/orders");
        _received.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_difference_of_the_responses_is_shown_with_what_is_around_it()
    {
        CommandResult result = (await _commands.RunAsync("replay", "1", "--diff", "--method", "DELETE", "--body", "changed")).Fine();

        string[] lines = result.Lines;
        lines.ShouldContain("Response of 1 and of 2");
        lines.ShouldContain("Status   200 -> 410");
        lines.ShouldContain("- X-Answer: POST");
        lines.ShouldContain("+ X-Answer: DELETE");
        lines.ShouldContain("Body     differs");
        lines.ShouldContain("-   \"body\": \"original\",");
        lines.ShouldContain("+   \"body\": \"changed\",");
        lines.ShouldContain("    \"n3\": 3,");
        lines.ShouldNotContain("    \"n4\": 4,");
        lines.ShouldContain("  ...");

        JsonElement json = JsonDocument.Parse((await _commands.RunAsync("replay", "1", "--diff", "--json")).Fine().Output).RootElement;
        json.GetProperty("diff").GetProperty("bodySame").GetBoolean().ShouldBeTrue();
        json.GetProperty("exchange").GetProperty("number").GetInt64().ShouldBe(3);
        (await _commands.RunAsync("replay", "1", "--diff")).Lines.ShouldContain("Body     the same");
    }

    [Fact]
    public async Task A_replay_without_a_response_is_a_failure()
    {
        CommandResult result = await _commands.RunAsync("replay", "1", "--to", $"http://localhost:{FreePorts.One()}");

        result.Code.ShouldBe(1);
        result.Output.ShouldContain("LocalUnreachable");
    }

    [Theory]
    [InlineData("from 1 to 1000", "--count", "1001")]
    [InlineData("at most a minute", "--pause", "2m")]
    [InlineData("begins with a slash", "--target-path", "orders")]
    [InlineData("is no header field", "--header", "no colon")]
    [InlineData("is no header field", "--header", "a b: c")]
    [InlineData("cannot be read", "--body", "@/does/not/exist")]
    [InlineData("--to", "--to", "http://localhost:1/path")]
    [InlineData("method", "--method", "G T")]
    [InlineData("percent-encode", "--target-path", "/ä")]
    public async Task What_cannot_be_sent_is_said_in_a_sentence(string expected, string option, string value)
    {
        CommandResult result = await _commands.RunAsync("replay", "1", option, value);

        result.Code.ShouldBe(2);
        result.Error.ShouldStartWith("ggrok: ");
        result.Error.ShouldContain(expected);
        result.Error.TrimEnd('\n').ShouldNotContain("\n");
        _received.ShouldBeEmpty();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        string body = await reader.ReadToEndAsync();
        IHeaderDictionary fields = context.Request.Headers;
        HttpRequest request = context.Request;
        _received.Enqueue(new Received(request.Method, request.Path + request.QueryString, body, fields["X-Mode"].ToString(), fields["X-Keep"].ToString(), fields["X-New"].ToString()));
        context.Response.StatusCode = request.Method == "DELETE" ? 410 : 200;
        context.Response.Headers["X-Answer"] = request.Method;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($$"""{"body":"{{body}}","n1":1,"n2":2,"n3":3,"n4":4,"n5":5}""");
    }

    private sealed record Received(string Method, string Target, string Body, string Mode, string Keep, string New);
}
