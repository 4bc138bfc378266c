using System.Globalization;
using System.Net;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Inspector;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox.Client;

/// <summary>The inspector's view of what waits at the server, and its marks of what came out of an inbox.</summary>
public class InspectorInboxTests
{
    [Fact]
    public async Task What_waits_is_shown_with_head_and_body_and_can_be_dropped()
    {
        await using InspectorScene scene = await StartAsync(FreePorts.One());
        string first = await StoreAsync(scene, "/hooks?a=1", """{"a":1}""");
        string second = await StoreAsync(scene, "/hooks", "two");

        JsonElement view = await scene.GetAsync("/api/inbox");
        view.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString()).ShouldBe([first, second]);
        JsonElement inbox = view.GetProperty("inboxes").EnumerateArray().Single();
        inbox.GetProperty("tunnel").GetString().ShouldBe("127.0.0.1");
        inbox.GetProperty("waiting").GetInt32().ShouldBe(2);
        inbox.GetProperty("away").GetBoolean().ShouldBeFalse();
        JsonElement stored = await scene.GetAsync("/api/inbox/items/" + first);
        stored.GetProperty("summary").GetProperty("target").GetString().ShouldBe("/hooks?a=1");
        stored.GetProperty("body").GetProperty("text").GetString().ShouldBe("""{"a":1}""");
        using HttpResponseMessage body = await scene.Api.GetAsync($"/api/inbox/items/{first}/body");
        (await body.Content.ReadAsStringAsync()).ShouldBe("""{"a":1}""");
        body.Content.Headers.ContentDisposition!.FileName.ShouldBe(first + ".json");
        body.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("sandbox");

        JsonElement document = await scene.GetAsync("/api/openapi.json");
        OpenApiForm.Check(view, OpenApiForm.Answer(document, "/api/inbox", "get", "200"), document, "inbox");
        OpenApiForm.Check(stored, OpenApiForm.Answer(document, "/api/inbox/items/{id}", "get", "200"), document, "stored");

        using (HttpResponseMessage dropped = await scene.SendAsync(HttpMethod.Delete, "/api/inbox/items/" + first))
        {
            dropped.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        using HttpResponseMessage gone = await scene.Api.GetAsync("/api/inbox/items/" + first);
        (await InspectorScene.ProblemOf(gone)).Status.ShouldBe(404);
        using HttpResponseMessage all = await scene.SendAsync(HttpMethod.Delete, "/api/inbox/items?state=waiting");
        (await all.Content.ReadAsStringAsync()).ShouldBe("""{"count":1}""");
        (await scene.GetAsync("/api/inbox")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_dead_letter_is_delivered_and_each_attempt_is_marked()
    {
        int port = FreePorts.One();
        await using InspectorScene scene = await StartAsync(port, ("inbox-retry", "1ms"));
        string id = await StoreAsync(scene, "/hooks", "again");
        int status = 503;
        await using LocalApp app = await LocalApp.StartAsync(context =>
        {
            context.Response.StatusCode = Volatile.Read(ref status);
            return Task.CompletedTask;
        }, port: port);
        (await scene.PostAsync($"/api/inbox/items/{id}/deliver", new { })).GetProperty("id").GetString().ShouldBe(id);
        JsonElement dead = default;
        await Eventually.BecomesAsync(
            async () =>
            {
                dead = (await scene.GetAsync("/api/inbox")).GetProperty("items").EnumerateArray().Single();
                return dead.GetProperty("state").GetString();
            },
            "dead");
        dead.GetProperty("lastFailure").GetString()!.ShouldContain("503");
        int attempts = dead.GetProperty("attempts").GetInt32();
        Volatile.Write(ref status, 204);

        (await scene.PostAsync("/api/inbox/deliver?state=dead", new { })).GetProperty("count").GetInt32().ShouldBe(1);

        JsonElement row = await scene.NewestDoneAsync(e => e.GetProperty("status").GetInt32() == 204);
        JsonElement delivery = row.GetProperty("delivery");
        delivery.GetProperty("id").GetString().ShouldBe(id);
        delivery.GetProperty("attempt").GetInt32().ShouldBe(1);
        delivery.GetProperty("received").GetDateTimeOffset().ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(2));
        (await scene.GetAsync("/api/exchanges?text=" + id)).GetProperty("items").EnumerateArray()
            .Where(e => e.GetProperty("status").GetInt32() == 503).Select(e => e.GetProperty("delivery").GetProperty("attempt").GetInt32()).Order()
            .ShouldBe(Enumerable.Range(1, attempts));
        await Eventually.BecomesAsync(async () => (await scene.GetAsync("/api/inbox")).GetProperty("items").GetArrayLength(), 0);
        var commands = new InspectorCommands(scene);
        (await commands.RunAsync("requests", "--status", "204")).Fine().Output.ShouldEndWith("  inbox\n");
        (await commands.RunAsync("requests", "show", "last")).Fine().Lines.ShouldContain(l => l.StartsWith($"Inbox    {id}, received ", StringComparison.Ordinal) && l.EndsWith(", attempt 1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_whose_tunnels_have_no_inbox_shows_none()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask);
        await scene.Visitor.GetAsync("/");

        JsonElement view = await scene.GetAsync("/api/inbox");

        view.GetProperty("inboxes").GetArrayLength().ShouldBe(0);
        view.GetProperty("problem").ValueKind.ShouldBe(JsonValueKind.Null);
        (await scene.NewestDoneAsync()).GetProperty("delivery").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_server_that_is_gone_is_a_sentence()
    {
        await using InspectorScene scene = await StartAsync(FreePorts.One());
        await StoreAsync(scene, "/hooks", "1");
        await scene.Server.App.StopAsync();

        (await scene.GetAsync("/api/inbox")).GetProperty("problem").GetString()!.ShouldContain("127.0.0.1");
        (await scene.RefusalAsync("/api/inbox/deliver", new { })).Status.ShouldBe(502);
    }

    [Fact]
    public async Task Another_tunnel_of_the_same_installation_is_not_shown_nor_touched()
    {
        string id = Guid.NewGuid().ToString("N");
        await using InspectorScene scene = await StartAsync(FreePorts.One(), id: id);
        await using (var other = new RunningClient(RunningClient.Options(scene.Server.Url, new Uri("http://127.0.0.1:9"), t => t with { Name = "other", Path = "/other", Policies = [new("inbox", "/*")] }, id: id)))
        {
            await other.Events.NextReadyAsync();
        }

        await StoreAsync(scene, "/other/hooks", "not mine");
        await StoreAsync(scene, "/hooks", "mine");

        JsonElement view = await scene.GetAsync("/api/inbox");
        view.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("target").GetString()).ShouldBe(["/hooks"]);
        using HttpResponseMessage dropped = await scene.SendAsync(HttpMethod.Delete, "/api/inbox/items");
        (await dropped.Content.ReadAsStringAsync()).ShouldBe("""{"count":1}""");
    }

    [Fact]
    public async Task What_waits_is_told_when_the_tunnel_is_open_again()
    {
        int port = FreePorts.One();
        var target = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        await using RunningServer server = await RunningServer.StartAsync();
        TunnelClientOptions options = RunningClient.Options(server.Url, target, t => t with { Policies = [new PolicyDirective("inbox", "/*")] });
        await using (var before = new RunningClient(options))
        {
            await before.Events.NextReadyAsync();
        }

        using var visitor = new HttpClient();
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage stored = await visitor.PostAsync(server.Url, new StringContent("x"));
            stored.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }

        await using var client = new RunningClient(options);

        await Eventually.BecomesAsync(() => Task.FromResult(client.Events.Log.Any(l => l.Contains("3 webhooks wait in the inbox since ", StringComparison.Ordinal) && l.EndsWith("; they are delivered now.", StringComparison.Ordinal))), true);
    }

    private static Task<InspectorScene> StartAsync(int port, params (string Name, string Value)[] policies) => StartAsync(port, null, policies);

    private static Task<InspectorScene> StartAsync(int port, string? id, params (string Name, string Value)[] policies) => InspectorScene.StartAsync(
        _ => Task.CompletedTask,
        tunnel: t => t with
        {
            Target = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")),
            Policies = [new PolicyDirective("inbox", "/*"), .. policies.Select(p => new PolicyDirective(p.Name, p.Value))],
        },
        options: o => id is null ? o : o with { ClientId = id });

    private static async Task<string> StoreAsync(InspectorScene scene, string path, string body)
    {
        using HttpResponseMessage stored = await scene.Visitor.PostAsync(path, new StringContent(body, null, "application/json"));
        stored.StatusCode.ShouldBe(HttpStatusCode.Accepted, await stored.Content.ReadAsStringAsync());
        return stored.Headers.GetValues("Ggrok-Delivery-Id").Single();
    }
}
