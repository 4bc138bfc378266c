using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Tests.Inspector;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox.Client;

/// <summary><c>ggrok inbox list|show|deliver|drop|tunnels|close</c>, with a server and without a client that runs.</summary>
public class InboxCommandTests
{
    [Fact]
    public async Task What_is_stored_is_listed_in_order_of_arrival()
    {
        await using InboxScene scene = await AwayAsync();
        using var commands = new OwnerCommands(scene);
        string first = await scene.StoreAsync("/hooks?a=1&b=2", "one", ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "d-1"));
        string second = await scene.StoreAsync("/hooks\u001b[31m".Replace("\u001b", "%1B", StringComparison.Ordinal), "second");

        CommandResult list = (await commands.RunAsync("list")).Fine();
        list.Lines.Length.ShouldBe(2);
        list.Lines[0].ShouldMatch($@"^{first}  \d\d-\d\d \d\d:\d\d:\d\d  POST  /hooks\?a=1&b=2 +waiting +3 B +github$");
        list.Lines[1].ShouldStartWith(second);

        JsonElement[] items = [.. (await commands.RunAsync("list", "--json", "--limit", "1")).Fine().Lines.Select(l => JsonDocument.Parse(l).RootElement)];
        items.Single().GetProperty("id").GetString().ShouldBe(first);
        (await commands.RunAsync("list", "--json")).Output.ShouldContain("\"target\":\"/hooks?a=1&b=2\"");
        items[0].GetProperty("providerId").GetString().ShouldBe("d-1");
        (await commands.RunAsync("list", "--log", "json", "--state", "waiting", "--tunnel", "127.0.0.1")).Fine().Lines.Length.ShouldBe(2);
        CommandResult none = (await commands.RunAsync("list", "--state", "dead")).Fine();
        (none.Output, none.Error).ShouldBe(("", "ggrok: Nothing that is stored fits.\n"));
    }

    [Fact]
    public async Task A_list_of_more_than_the_server_gives_at_once_is_whole()
    {
        await using InboxScene scene = await AwayAsync([("inbox", "/*"), ("inbox-max-requests", "5000")]);
        using var commands = new OwnerCommands(scene);
        var ids = new List<string>();
        for (int i = 0; i < 1010; i++)
        {
            ids.Add(await scene.StoreAsync("/hooks", i.ToString(CultureInfo.InvariantCulture)));
        }

        CommandResult all = (await commands.RunAsync("list", "--json", "--limit", "2000")).Fine();
        all.Lines.Select(l => JsonDocument.Parse(l).RootElement.GetProperty("id").GetString()).ShouldBe(ids);
        CommandResult some = (await commands.RunAsync("list")).Fine();
        some.Lines.Length.ShouldBe(100);
        some.Error.ShouldContain("more than these 100");
    }

    [Fact]
    public async Task One_is_shown_with_head_and_decoded_body_by_the_beginning_of_its_id()
    {
        await using InboxScene scene = await AwayAsync();
        using var commands = new OwnerCommands(scene);
        byte[] zipped = Zipped("""{"order":{"id":12345678901234567890}}""");
        using HttpResponseMessage stored = await scene.SendAsync(HttpMethod.Post, "/hooks?x=%5B1]", zipped, ("Content-Type", "application/json"), ("Content-Encoding", "gzip"), ("X-Kind", "a"));
        string id = stored.Headers.GetValues("Ggrok-Delivery-Id").Single();

        CommandResult shown = (await commands.RunAsync("show", id[..20].ToLowerInvariant())).Fine();

        shown.Lines[0].ShouldBe("Id       " + id);
        shown.Lines.ShouldContain("State    waiting");
        shown.Lines.ShouldContain("POST /hooks?x=%5B1] HTTP/1.1");
        shown.Lines.ShouldContain("Content-Encoding: gzip");
        shown.Lines.ShouldContain("    \"id\": 12345678901234567890");
        shown.Lines[^1].ShouldBe($"(gzip, {zipped.Length} B as it travelled)");
        (await commands.RunAsync("show", id, "--body")).Fine().Bytes.ShouldBe(zipped);
        Encoding.UTF8.GetString((await commands.RunAsync("show", id, "--body", "--decoded")).Fine().Bytes).ShouldBe("""{"order":{"id":12345678901234567890}}""");
        JsonElement json = JsonDocument.Parse((await commands.RunAsync("show", id, "--json")).Fine().Output).RootElement;
        json.GetProperty("headers").EnumerateArray().Single(h => h[0].GetString() == "X-Kind")[1].GetString().ShouldBe("a");

        CommandResult atTerminal = await commands.RunAsync("", ["show", id, "--body"]);
        (atTerminal.Code, atTerminal.Bytes.Length).ShouldBe(((int)ExitCode.Failed, 0));
        atTerminal.Error.ShouldContain("binary");
    }

    [Fact]
    public async Task Ids_that_mean_none_or_several_are_explained()
    {
        await using InboxScene scene = await AwayAsync();
        using var commands = new OwnerCommands(scene);
        string first = await scene.StoreAsync("/", "1");
        string second = await scene.StoreAsync("/", "2");

        CommandResult several = await commands.RunAsync("show", "01");
        several.Code.ShouldBe((int)ExitCode.Usage);
        several.Error.ShouldContain($"01 means 2 webhooks: {first}, {second}; write more of it.");
        CommandResult none = await commands.RunAsync("drop", "7");
        none.Code.ShouldBe((int)ExitCode.Failed);
        none.Error.ShouldContain("There is no stored webhook 7");
        (await commands.RunAsync("show", "../x")).Error.ShouldContain("is no id of a stored webhook");
        (await commands.RunAsync("show", "7" + first[1..])).Error.ShouldContain("There is no request 7");
    }

    [Fact]
    public async Task Some_are_dropped_by_their_ids_also_where_one_is_gone()
    {
        await using InboxScene scene = await AwayAsync();
        using var commands = new OwnerCommands(scene);
        string[] ids = [await scene.StoreAsync("/", "1"), await scene.StoreAsync("/", "2"), await scene.StoreAsync("/", "3")];

        CommandResult dropped = await commands.RunAsync("drop", ids[0], "7" + ids[0][1..], ids[2], ids[0]);

        dropped.Code.ShouldBe((int)ExitCode.Failed);
        dropped.Output.ShouldBe("2 webhooks are dropped.\n");
        dropped.Error.ShouldContain("There is no request 7");
        (await scene.ItemsAsync()).Single().GetProperty("id").GetString().ShouldBe(ids[1]);
    }

    [Fact]
    public async Task Before_all_are_dropped_somebody_is_asked()
    {
        await using InboxScene scene = await AwayAsync();
        using var commands = new OwnerCommands(scene);
        await scene.StoreAsync("/", "1");
        await scene.StoreAsync("/", "2");

        CommandResult nobody = await commands.RunAsync("drop", "--all");
        nobody.Code.ShouldBe((int)ExitCode.Usage);
        nobody.Error.ShouldContain("--yes");
        CommandResult no = await commands.RunAsync("n\n", ["drop", "--all"]);
        no.Code.ShouldBe((int)ExitCode.Failed);
        no.Error.ShouldBe("Drop 2 webhooks, which then are lost for good? [y/N] ggrok: Nothing was dropped.\n");
        (await commands.RunAsync("", ["drop", "--all"])).Code.ShouldBe((int)ExitCode.Failed);
        (await scene.ItemsAsync()).Length.ShouldBe(2);

        (await commands.RunAsync("drop", "--all", "--dead", "--yes", "--json")).Fine().Output.ShouldBe("{\"count\":0}\n");
        (await commands.RunAsync("y\n", ["drop", "--all"])).Fine().Output.ShouldBe("2 webhooks are dropped.\n");
        (await scene.ItemsAsync()).ShouldBeEmpty();
        (await commands.RunAsync("", ["drop", "--all"])).Fine().Output.ShouldBe("0 webhooks are dropped.\n");
    }

    [Fact]
    public async Task A_dead_letter_is_delivered_once_it_is_asked_for()
    {
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-retry", "1ms")]);
        using var commands = new OwnerCommands(scene);
        scene.Answer = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await scene.BeAwayAsync();
        string id = await scene.StoreAsync("/hooks", "again");
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        await Eventually.BecomesAsync(async () => (await scene.ItemsAsync("?state=dead")).Length, 1);
        (await commands.RunAsync("list", "--state", "dead")).Fine().Output.ShouldMatch(@"dead .*failed \d+ times: .*500");
        (await commands.RunAsync("tunnels")).Fine().Output.ShouldMatch(@"^127\.0\.0\.1  0 waiting, 1 dead, \d+ B of 64 MiB, since .*; connected\n$");
        scene.Answer = _ => Task.CompletedTask;
        scene.Received.Clear();

        (await commands.RunAsync("deliver", id)).Fine().Output.ShouldBe($"{id} is due now.\n");

        await scene.ReceivesAsync(1);
        scene.Received.Single().Headers["Ggrok-Delivery-Id"].ShouldBe(id);
        await scene.EmptiesAsync();
        (await commands.RunAsync("deliver", "--all", "--dead")).Fine().Output.ShouldBe("0 webhooks are due now.\n");
    }

    [Fact]
    public async Task Who_asks_for_a_delivery_hears_that_the_tunnel_is_away()
    {
        await using InboxScene scene = await AwayAsync();
        using var commands = new OwnerCommands(scene);
        string id = await scene.StoreAsync("/hooks", "1");

        CommandResult one = (await commands.RunAsync("deliver", id)).Fine();
        one.Error.ShouldContain("127.0.0.1 is away");
        CommandResult all = (await commands.RunAsync("deliver", "--all")).Fine();
        (all.Output, all.Error).ShouldBe(("1 webhook is due now.\n", "ggrok: 127.0.0.1 is away; what waits for it is delivered when its ggrok is back.\n"));
    }

    [Fact]
    public async Task A_name_is_given_free_by_its_owner()
    {
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*")]);
        using var commands = new OwnerCommands(scene);
        (await commands.RunAsync("tunnels")).Fine().Error.ShouldContain("No tunnel of this installation has an inbox");
        await scene.BeAwayAsync();
        await scene.StoreAsync("/hooks", "1");
        (await commands.RunAsync("tunnels")).Fine().Output.ShouldMatch(@"^127\.0\.0\.1  1 waiting, .*; away, name kept until \d{4}-\d\d-\d\d \d\d:\d\d\n$");

        CommandResult full = await commands.RunAsync("close", "127.0.0.1");
        full.Code.ShouldBe((int)ExitCode.Failed);
        full.Error.ShouldContain("There are requests in the inbox of 127.0.0.1");
        (await commands.RunAsync("close", "nowhere", "--drop")).Error.ShouldContain("there are those of 127.0.0.1");
        (await commands.RunAsync("close", "127.0.0.1", "--drop")).Code.ShouldBe((int)ExitCode.Usage);
        (await commands.RunAsync("close", scene.Url.AbsoluteUri, "--drop", "--yes")).Fine().Output.ShouldBe("The inbox of 127.0.0.1 is closed, and its name is free.\n");

        (await commands.RunAsync("tunnels", "--json")).Fine().Output.ShouldBe("");
        using HttpResponseMessage visitor = await scene.PostAsync("/hooks", "2");
        ((int)visitor.StatusCode).ShouldBe(404);
    }

    [Fact]
    public async Task A_tunnel_below_a_path_is_named_by_host_and_path()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        using var commands = new OwnerCommands(scene);
        await using (var client = new RunningClient(RunningClient.Options(scene.Url, new Uri("http://127.0.0.1:9"), t => t with { Path = "/alice", Policies = [new("inbox", "/*")] }, id: scene.ClientId)))
        {
            await client.Events.NextReadyAsync();
        }

        await scene.StoreAsync("/alice/hooks", "1");
        (await commands.RunAsync("list", "--tunnel", scene.Url.AbsoluteUri + "alice")).Fine().Lines.Length.ShouldBe(1);
        (await commands.RunAsync("close", "127.0.0.1/alice", "--drop", "--yes")).Fine();
    }

    [Fact]
    public async Task Nobody_else_sees_or_drops_anything()
    {
        await using InboxScene scene = await AwayAsync();
        using var commands = new OwnerCommands(scene);
        string id = await scene.StoreAsync("/hooks", "1");
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(commands.Config)!, "client-id"), Guid.NewGuid().ToString("N"));

        (await commands.RunAsync("list")).Fine().Output.ShouldBe("");
        (await commands.RunAsync("show", id)).Error.ShouldContain("There is no request");
        (await commands.RunAsync("drop", "--all", "--yes")).Fine().Output.ShouldBe("0 webhooks are dropped.\n");
        (await scene.ItemsAsync()).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_wants_a_token_says_so()
    {
        await using InboxScene scene = await InboxScene.StartAsync(settings: [("GGROK_TOKENS", "secret")]);
        using var commands = new OwnerCommands(scene);

        CommandResult refused = await commands.RunAsync("list");
        refused.Code.ShouldBe((int)ExitCode.TokenRefused);
        refused.Error.ShouldContain("--token");
        (await commands.RunAsync("list", "--token", "secret")).Fine().Error.ShouldBe("ggrok: Nothing is stored.\n");
    }

    [Fact]
    public async Task What_is_no_server_with_an_inbox_is_named()
    {
        await using LocalApp app = await LocalApp.StartAsync(context =>
        {
            context.Response.StatusCode = 404;
            return context.Response.WriteAsync("<html>not here");
        });

        CommandResult result = await CommandRun.RunAsync(["inbox", "list", "--server", app.Url.AbsoluteUri]);

        result.Code.ShouldBe((int)ExitCode.NotAGgrokServer);
        result.Error.ShouldContain("has no inbox (it answered 404)");
    }

    [Theory]
    [InlineData("there are list, show, deliver, drop, tunnels, close, pull, push", "inbox")]
    [InlineData("Which webhooks?", "inbox", "deliver")]
    [InlineData("not both", "inbox", "drop", "--all", "01")]
    [InlineData("go with --all", "inbox", "deliver", "--dead", "01")]
    [InlineData("go with --all", "inbox", "drop", "--tunnel", "a", "01")]
    [InlineData("waiting, dead or all", "inbox", "list", "--state", "lost")]
    [InlineData("number of webhooks", "inbox", "list", "--limit", "0")]
    [InlineData("--decoded goes with --body", "inbox", "show", "--decoded", "01")]
    public async Task A_mistake_in_the_command_is_explained(string complaint, params string[] arguments)
    {
        CommandResult result = await CommandRun.RunAsync([.. arguments, .. arguments.Length == 1 ? Array.Empty<string>() : ["--server", "http://127.0.0.1:9"]]);

        result.Code.ShouldBe((int)ExitCode.Usage);
        result.Error.ShouldContain(complaint);
    }

    private static async Task<InboxScene> AwayAsync((string Name, string Value)[]? policies = null)
    {
        InboxScene scene = await InboxScene.StartAsync(policies);
        await scene.BeAwayAsync();
        return scene;
    }

    private static byte[] Zipped(string text)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return zipped.ToArray();
    }
}
