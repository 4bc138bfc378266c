using System.Text;
using Ggrok.Client.Connection;
using Ggrok.Tests.Inspector;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox.Client;

/// <summary>What a server says that means no good, or is broken, does no harm to the folder of files.</summary>
public sealed class HostileServerTests : IDisposable
{
    private const string Good = "01JD0000000000000000000001";

    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-hostile").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("../../../escape")]
    [InlineData("..\\\\escape")]
    [InlineData("01JD000000000000000000000/")]
    [InlineData("01jd0000000000000000000001")]
    [InlineData("")]
    [InlineData("\\u001b[2J")]
    public async Task An_id_is_no_path(string id)
    {
        CommandResult result = await PullAsync(id, Details(id), "body");

        result.Code.ShouldBe((int)ExitCode.Failed);
        result.Error.ShouldContain("This is no id.");
        result.Error.ShouldNotContain("\u001b");
        Directory.GetFileSystemEntries(_folder, "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\\r\\nX: 1", "/", "X", "1", "request line")]
    [InlineData("POST", "/ HTTP/1.1\\r\\nX: 1", "X", "1", "request line")]
    [InlineData("POST", "/", "X\\r\\nY", "1", "has the field")]
    [InlineData("POST", "/", "X", "1\\r\\n\\r\\nbody", "has the field")]
    [InlineData("POST", "/", "X", "\\u0100", "has the field")]
    public async Task A_head_stays_one_head(string method, string target, string name, string value, string complaint)
    {
        CommandResult result = await PullAsync(Good, Details(Good, method, target, name, value), "body");

        result.Code.ShouldBe((int)ExitCode.Failed);
        result.Error.ShouldContain(complaint);
        Files().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show")]
    public async Task What_strangers_wrote_does_not_steer_the_terminal(string command)
    {
        const string Steering = "/\\u001b[2J\\u009b2J\\u202e";
        await using LocalApp server = await LocalApp.StartAsync(context => AnswerAsync(context, Good, Details(Good, "P\\u001b", Steering, "X\\u001b", "\\u001b"), "\u001b[2J"));

        CommandResult result = (await CommandRun.RunAsync(["inbox", command, .. command == "show" ? [Good] : Array.Empty<string>(), "--server", server.Url.AbsoluteUri], answers: "")).Fine();

        result.Output.ShouldContain(Good);
        result.Output.ShouldNotContain(c => (char.IsControl(c) && c != '\n') || c == '\u202e');
    }

    [Theory]
    [InlineData("bod")]
    [InlineData("body, and more")]
    public async Task A_body_of_another_size_is_no_file_and_is_not_dropped(string body)
    {
        CommandResult result = await PullAsync(Good, Details(Good), body);

        result.Code.ShouldBe((int)ExitCode.Failed);
        result.Error.ShouldContain("Its body should have 4 bytes");
        Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_delivered_meanwhile_is_no_failure()
    {
        CommandResult result = (await PullAsync(Good, null, "")).Fine();

        result.Error.ShouldContain("0 webhooks fetched to " + Folder + ", 1 delivered or dropped meanwhile.");
        Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_good_one_is_a_file()
    {
        (await PullAsync(Good, Details(Good), "body")).Fine();

        (await File.ReadAllTextAsync(Files().Single())).ShouldBe(
            $"POST /a HTTP/1.1\r\nHost: alice.my.app\r\nX: 1\r\nGgrok-Delivery-Id: {Good}\r\nGgrok-Received: 2026-11-21T09:12:03.120Z\r\n\r\nbody");
    }

    private string Folder => Path.Combine(_folder, "files");

    private static string Item(string id, string method, string target) =>
        $$""" "id":"{{id}}","tunnel":"alice.my.app/x","method":"{{method}}","target":"{{target}}","received":"2026-11-21T09:12:03.120Z","bytes":4,"state":"waiting","attempts":0,"nextAttempt":null,"lastFailure":null,"provider":null,"providerId":null,"remote":null """;

    private static string Details(string id, string method = "POST", string target = "/a", string name = "X", string value = "1") =>
        $$"""{ {{Item(id, method, target)}}, "version":"2", "headers":[["{{name}}","{{value}}"],["transfer-encoding","chunked"],["Ggrok-Attempt","7"]] }""";

    private string[] Files() => Directory.Exists(Folder) ? Directory.GetFiles(Folder) : [];

    private async Task<CommandResult> PullAsync(string id, string? details, string body)
    {
        await using LocalApp server = await LocalApp.StartAsync(context => AnswerAsync(context, id, details, body));
        return await CommandRun.RunAsync(["inbox", "pull", "--drop", "--dir", Folder, "--server", server.Url.AbsoluteUri]);
    }

    private static Task AnswerAsync(HttpContext context, string id, string? details, string body)
    {
        string? answer = context.Request.Path.Value switch
        {
            "/$$ggrok/inbox/items" when HttpMethods.IsGet(context.Request.Method) => $$"""{"items":[{ {{(details ?? Item(id, "POST", "/a")).Trim('{', '}', ' ')}} }],"next":null}""",
            string path when HttpMethods.IsDelete(context.Request.Method) => body == "body" ? "" : throw new InvalidOperationException("Nothing may be dropped: " + path),
            string path when path.EndsWith("/body", StringComparison.Ordinal) => body,
            _ => details,
        };
        context.Response.StatusCode = answer is null ? 404 : answer.Length == 0 ? 204 : 200;
        context.Response.ContentType = answer is not null && answer.StartsWith('{') ? "application/json" : "application/octet-stream";
        return answer is { Length: 0 } ? Task.CompletedTask : context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(answer ?? """{"message":"There is no such request."}""")).AsTask();
    }
}
