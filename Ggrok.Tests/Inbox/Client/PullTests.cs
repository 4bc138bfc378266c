using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Tests.Inspector;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox.Client;

/// <summary><c>ggrok inbox pull</c>: what is on disk, and what the server keeps.</summary>
public class PullTests
{
    [Fact]
    public async Task A_file_holds_the_request_as_it_came_byte_for_byte()
    {
        await using InboxScene scene = await AwayAsync();
        using var commands = new OwnerCommands(scene);
        byte[] body = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        string head = $"POST /hooks/%2e%2e/../a?x=[1]&x=%zz HTTP/1.1\r\nHost: {scene.Url.Authority}\r\nx-b: 1\r\nX-A: \xe9\r\nx-b: 2\r\nContent-Length: 256\r\n";
        string id = await SendRawAsync(scene, head + "Connection: close\r\n\r\n" + Encoding.Latin1.GetString(body));

        CommandResult pulled = (await commands.RunAsync("pull", "--dir", commands.Files)).Fine();

        string file = Directory.GetFiles(commands.Files).Single();
        Path.GetFileName(file).ShouldMatch($@"^\d{{8}}T\d{{6}}Z-{id}\.http$");
        pulled.Lines.Single().ShouldStartWith(file + "  POST /hooks/%2e%2e/../a?x=[1]&x=%zz");
        pulled.Error.ShouldBe($"ggrok: 1 webhook fetched to {commands.Files}.\n");
        string text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        text[end..].ShouldBe(Encoding.Latin1.GetString(body));
        string[] lines = text[..(end - 4)].Split("\r\n");
        lines[0].ShouldBe("POST /hooks/%2e%2e/../a?x=[1]&x=%zz HTTP/1.1");

        // The order of different names is Kestrel's.
        lines[1..^2].Select(l => l.ToLowerInvariant()).ShouldBe([$"host: {scene.Url.Authority}", "x-b: 1", "x-b: 2", "x-a: \xe9", "content-length: 256"], ignoreOrder: true);
        lines[^2].ShouldBe("Ggrok-Delivery-Id: " + id);
        lines[^1].ShouldMatch(@"^Ggrok-Received: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.GetUnixFileMode(commands.Files).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task What_was_pulled_is_pushed_as_it_would_have_been_delivered()
    {
        await using InboxScene scene = await AwayAsync();
        using var commands = new OwnerCommands(scene);
        string[] bodies = ["first", "second", new('x', 300_000)];
        string[] ids = [await scene.StoreAsync("/hooks?a=1", bodies[0], ("X-Kind", "one")), await scene.StoreAsync("/hooks", bodies[1]), await scene.StoreAsync("/other", bodies[2])];
        var seen = new List<(string Target, string Body, string Id, string Kind)>();
        await using LocalApp app = await LocalApp.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            seen.Add((context.Request.Path + context.Request.QueryString, await reader.ReadToEndAsync(), context.Request.Headers["Ggrok-Delivery-Id"].ToString(), context.Request.Headers["X-Kind"].ToString()));
        });

        (await commands.RunAsync("pull", "--dir", commands.Files, "--drop")).Fine().Error.ShouldEndWith("3 dropped at the server.\n");
        (await scene.ItemsAsync()).ShouldBeEmpty();
        (await CommandRun.RunAsync(["inbox", "push", commands.Files, "--to", app.Url.AbsoluteUri])).Fine();

        seen.ShouldBe([("/hooks?a=1", bodies[0], ids[0], "one"), ("/hooks", bodies[1], ids[1], ""), ("/other", bodies[2], ids[2], "")]);
    }

    [Fact]
    public async Task Pulling_again_leaves_alone_what_is_there()
    {
        await using InboxScene scene = await AwayAsync();
        using var commands = new OwnerCommands(scene);
        await scene.StoreAsync("/a", "1");
        (await commands.RunAsync("pull", "--dir", commands.Files)).Fine();
        string file = Directory.GetFiles(commands.Files).Single();
        await File.AppendAllTextAsync(file, "edited");
        await scene.StoreAsync("/b", "2");

        CommandResult again = (await commands.RunAsync("pull", "--dir", commands.Files, "--json")).Fine();

        again.Lines.Select(l => JsonDocument.Parse(l).RootElement.GetProperty("result").GetString()).ShouldBe(["wasThere", "written"]);
        (await File.ReadAllTextAsync(file)).ShouldEndWith("1edited");
    }

    [Fact]
    public async Task Only_what_is_on_disk_as_the_server_has_it_is_dropped_there()
    {
        await using InboxScene scene = await AwayAsync();
        using var commands = new OwnerCommands(scene);
        string[] ids = [await scene.StoreAsync("/a", "1"), await scene.StoreAsync("/b", "2"), await scene.StoreAsync("/c", "3")];
        (await commands.RunAsync("pull", "--dir", commands.Files)).Fine();
        string[] files = [.. Directory.GetFiles(commands.Files).Order(StringComparer.Ordinal)];
        await File.WriteAllTextAsync(files[0], (await File.ReadAllTextAsync(files[0]))[..^1] + "9");
        File.Delete(files[2]);

        CommandResult dropping = await commands.RunAsync("pull", "--dir", commands.Files, "--drop");

        dropping.Code.ShouldBe((int)ExitCode.Failed);
        dropping.Error.ShouldContain($"{files[0]} is another one than the server has");
        dropping.Error.ShouldEndWith("1 webhook fetched to " + commands.Files + ", 1 was there already, 2 dropped at the server, 1 failed.\n");
        (await scene.ItemsAsync()).Single().GetProperty("id").GetString().ShouldBe(ids[0]);
        (await File.ReadAllTextAsync(files[0])).ShouldEndWith("9");
        Directory.GetFiles(commands.Files).Order(StringComparer.Ordinal).ShouldBe(files);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_drops_nothing()
    {
        await using InboxScene scene = await AwayAsync();
        using var commands = new OwnerCommands(scene);
        await scene.StoreAsync("/a", "1");
        await File.WriteAllTextAsync(commands.Files, "a file where the folder should be");

        CommandResult result = await commands.RunAsync("pull", "--dir", commands.Files, "--drop");

        result.Code.ShouldBe((int)ExitCode.Failed);
        result.Error.ShouldContain("could not be fetched");
        (await scene.ItemsAsync()).Length.ShouldBe(1);
    }

    [Fact]
    public async Task What_an_earlier_pull_left_half_done_is_written_anew()
    {
        await using InboxScene scene = await AwayAsync();
        using var commands = new OwnerCommands(scene);
        string id = await scene.StoreAsync("/a", "1");
        Directory.CreateDirectory(commands.Files);
        await File.WriteAllTextAsync(Path.Combine(commands.Files, $".{id}.part"), new string('x', 5000));

        (await commands.RunAsync("pull", "--dir", commands.Files)).Fine();

        (await File.ReadAllTextAsync(Directory.GetFiles(commands.Files).Single())).ShouldMatch(@"^POST /a HTTP/1.1\r\n(?s:.*)\r\n\r\n1$");
    }

    [Fact]
    public async Task A_large_body_is_the_same_on_disk()
    {
        await using InboxScene scene = await AwayAsync([("inbox", "/*"), ("inbox-max-body", "64mb"), ("inbox-max-bytes", "100mb")]);
        using var commands = new OwnerCommands(scene);
        byte[] body = new byte[30_000_000];
        new Random(3).NextBytes(body);
        using (HttpResponseMessage stored = await scene.SendAsync(HttpMethod.Put, "/big", body))
        {
            ((int)stored.StatusCode).ShouldBe(202);
        }

        (await commands.RunAsync("pull", "--dir", commands.Files)).Fine();

        byte[] file = await File.ReadAllBytesAsync(Directory.GetFiles(commands.Files).Single());
        Convert.ToHexString(SHA256.HashData(file.AsSpan(file.Length - body.Length))).ShouldBe(Convert.ToHexString(SHA256.HashData(body)));
    }

    private static async Task<InboxScene> AwayAsync((string Name, string Value)[]? policies = null)
    {
        InboxScene scene = await InboxScene.StartAsync(policies);
        await scene.BeAwayAsync();
        return scene;
    }

    private static async Task<string> SendRawAsync(InboxScene scene, string request)
    {
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Url);
        await visitor.SendAsync(request);
        string answer = await visitor.ReadToEndAsync();
        answer.ShouldStartWith("HTTP/1.1 202 ");
        return System.Text.RegularExpressions.Regex.Match(answer, "Ggrok-Delivery-Id: (\\w{26})", System.Text.RegularExpressions.RegexOptions.IgnoreCase, TimeSpan.FromSeconds(5)).Groups[1].Value;
    }
}
