using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox;

/// <summary>Requests that come while nobody is there to take them.</summary>
public class InboxTests
{
    [Fact]
    public async Task What_comes_while_the_client_is_away_is_accepted_and_delivered_in_order()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.StartAppAsync();
        await scene.BeAwayAsync();
        string[] ids = [await scene.StoreAsync("/hooks?a=1", "first", ("X-Kind", "one")), await scene.StoreAsync("/hooks", "second"), await scene.StoreAsync("/other", "third")];

        await scene.StartClientAsync();
        await scene.ReceivesAsync(3);

        Received[] received = [.. scene.Received];
        received.Select(r => r.Body).ShouldBe(["first", "second", "third"]);
        received.Select(r => r.Headers["Ggrok-Delivery-Id"]).ShouldBe(ids);
        received[0].Target.ShouldBe("/hooks?a=1");
        received[0].Headers["X-Kind"].ShouldBe("one");
        received[0].Headers["Ggrok-Attempt"].ShouldBe("1");
        DateTimeOffset.ParseExact(received[0].Headers["Ggrok-Received"], "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
            .ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(2));
        await scene.EmptiesAsync();
    }

    [Fact]
    public async Task While_the_client_is_there_requests_pass_live()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.StartAppAsync();
        await scene.StartClientAsync();

        using HttpResponseMessage answer = await scene.PostAsync("/hooks", "now", ("Ggrok-Delivery-Id", "forged"), ("ggrok_attempt", "7"));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.Contains("Ggrok-Delivery-Id").ShouldBeFalse();
        Received received = scene.Received.Single();
        received.Body.ShouldBe("now");
        received.Headers.Keys.ShouldNotContain(k => k.StartsWith("ggrok", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("POST", "/hooks/github", true)]
    [InlineData("PUT", "/hooks/", true)]
    [InlineData("GET", "/hooks/github", false)]
    [InlineData("POST", "/elsewhere", false)]
    [InlineData("POST", "/hook?x=/hooks/", true)]
    [InlineData("POST", "/hook/x", false)]
    public async Task Only_paths_and_methods_that_the_policy_names_are_kept(string method, string path, bool isKept)
    {
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/hooks/*"), ("inbox", "/hook")]);
        await scene.BeAwayAsync();

        using HttpResponseMessage answer = await scene.SendAsync(new HttpMethod(method), path, method == "GET" ? null : [1, 2, 3]);

        answer.StatusCode.ShouldBe(isKept ? HttpStatusCode.Accepted : HttpStatusCode.ServiceUnavailable);
        (await scene.ItemsAsync()).Length.ShouldBe(isKept ? 1 : 0);
    }

    [Fact]
    public async Task What_the_local_service_is_not_there_for_waits_until_it_is()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.StartClientAsync();
        byte[] large = RandomNumberGenerator.GetBytes(3_000_000);

        await scene.StoreAsync("/a", "one");
        using HttpResponseMessage second = await scene.SendAsync(HttpMethod.Post, "/b", large);
        second.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await scene.StartAppAsync();
        await scene.ReceivesAsync(2);

        scene.Received.Select(r => r.Hash).Last().ShouldBe(Convert.ToHexStringLower(SHA256.HashData(large)));
        scene.Received.ShouldAllBe(r => r.Headers["Ggrok-Attempt"] == "1");
        await scene.EmptiesAsync();
    }

    [Fact]
    public async Task What_waits_keeps_its_place_in_front_of_what_comes_later()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.StartClientAsync();
        await scene.StoreAsync("/", "0");
        var gate = new TaskCompletionSource();
        scene.Answer = _ => gate.Task;
        await scene.StartAppAsync();
        for (int i = 1; i < 5; i++)
        {
            await scene.StoreAsync("/", i.ToString(CultureInfo.InvariantCulture));
        }

        gate.SetResult();
        await scene.ReceivesAsync(5);

        scene.Received.Select(r => r.Body).ShouldBe(["0", "1", "2", "3", "4"]);
    }

    [Fact]
    public async Task A_service_that_fails_gets_it_again_by_the_schedule_and_then_it_is_a_dead_letter()
    {
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-retry", "10ms,20ms")]);
        scene.Answer = c =>
        {
            c.Response.StatusCode = c.Request.Path == "/bad" ? 500 : 204;
            return Task.CompletedTask;
        };
        await scene.BeAwayAsync();
        string bad = await scene.StoreAsync("/bad", "poison");
        await scene.StoreAsync("/good", "fine");
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        await scene.ReceivesAsync(4);

        scene.Received.Select(r => (r.Target, r.Headers["Ggrok-Attempt"])).ShouldBe([("/bad", "1"), ("/bad", "2"), ("/bad", "3"), ("/good", "1")]);
        await Eventually.BecomesAsync(async () => (await scene.ItemsAsync("?state=waiting")).Length, 0);
        JsonElement dead = (await scene.ItemsAsync("?state=dead")).Single();
        dead.GetProperty("id").GetString().ShouldBe(bad);
        dead.GetProperty("attempts").GetInt32().ShouldBe(3);
        dead.GetProperty("lastFailure").GetString().ShouldBe("status 500");
        dead.GetProperty("nextAttempt").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_dead_letter_is_delivered_when_somebody_says_so()
    {
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-retry", "1ms")]);
        int status = 500;
        scene.Answer = c =>
        {
            c.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        await scene.BeAwayAsync();
        string id = await scene.StoreAsync("/", "poison");
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        await Eventually.BecomesAsync(async () => (await scene.ItemsAsync("?state=dead")).Length, 1);

        status = 200;
        (HttpStatusCode answer, JsonElement item) = await scene.ApiAsync(HttpMethod.Post, $"items/{id}/deliver");

        answer.ShouldBe(HttpStatusCode.Accepted);
        item.GetProperty("id").GetString().ShouldBe(id);
        await scene.EmptiesAsync();
        scene.Received.Last().Headers["Ggrok-Attempt"].ShouldBe("1");
    }

    [Fact]
    public async Task Everything_survives_a_restart_of_the_server()
    {
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/hooks/*"), ("inbox-answer", "200 thank you")]);
        await scene.BeAwayAsync();
        using (HttpResponseMessage before = await scene.PostAsync("/hooks/1", "before"))
        {
            (await before.Content.ReadAsStringAsync()).ShouldBe("thank you");
        }

        await scene.StopServerAsync();
        await scene.StartServerAsync();
        using HttpResponseMessage after = await scene.PostAsync("/hooks/2", "after");
        using HttpResponseMessage other = await scene.PostAsync("/other", "");
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        await scene.ReceivesAsync(2);

        after.StatusCode.ShouldBe(HttpStatusCode.OK);
        other.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        other.Headers.GetValues("X-Ggrok-Error").Single().ShouldBe("TunnelAway");
        scene.Received.Select(r => r.Body).ShouldBe(["before", "after"]);
    }

    [Fact]
    public async Task What_was_delivered_while_the_disk_fails_is_not_delivered_again()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.BeAwayAsync();
        await scene.StoreAsync("/", "once");
        await scene.StoreAsync("/", "and then");
        string items = Path.Combine(scene.Folder, "items");
        scene.Answer = _ =>
        {
            if (scene.Received.IsEmpty)
            {
                Directory.Move(items, items + "-away");
            }

            return Task.CompletedTask;
        };
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Server.Logs.Lines.Any(l => l.Message.Contains("The inbox of 127.0.0.1 waits", StringComparison.Ordinal))), true);

        Directory.Move(items + "-away", items);
        await scene.EmptiesAsync();

        scene.Received.Select(r => r.Body).ShouldBe(["once", "and then"]);
    }

    [Fact]
    public async Task A_client_that_leaves_in_order_keeps_its_name_and_nobody_else_gets_it()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.BeAwayAsync();
        var stranger = new RunningClient(RunningClient.Options(scene.Url, new Uri("http://127.0.0.1:9")));

        (await stranger.Exit).Message!.ShouldContain("is held by");
        await stranger.DisposeAsync();
    }
}
