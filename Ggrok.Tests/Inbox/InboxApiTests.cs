using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Inbox;

/// <summary>What the owner of a tunnel sees and does.</summary>
public class InboxApiTests
{
    [Fact]
    public async Task An_item_has_the_head_as_it_was_received_and_the_exact_bytes()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.BeAwayAsync();
        byte[] body = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        using HttpResponseMessage stored = await scene.SendAsync(
            HttpMethod.Put, "/a%20b?q=1&q=2", body, ("X-Any", "caf\u00e9"), ("Authorization", "Bearer abc"), ("Connection", "X-Hop"), ("X-Hop", "1"), ("Ggrok-Attempt", "9"));
        string id = stored.Headers.GetValues("Ggrok-Delivery-Id").Single();

        (HttpStatusCode status, JsonElement item) = await scene.ApiAsync(HttpMethod.Get, "items/" + id);

        status.ShouldBe(HttpStatusCode.OK);
        id.Length.ShouldBe(26);
        item.GetProperty("tunnel").GetString().ShouldBe("127.0.0.1");
        item.GetProperty("method").GetString().ShouldBe("PUT");
        item.GetProperty("target").GetString().ShouldBe("/a%20b?q=1&q=2");
        item.GetProperty("bytes").GetInt32().ShouldBe(256);
        item.GetProperty("state").GetString().ShouldBe("waiting");
        item.GetProperty("attempts").GetInt32().ShouldBe(0);
        item.GetProperty("provider").ValueKind.ShouldBe(JsonValueKind.Null);
        item.GetProperty("remote").GetString().ShouldBe("127.0.0.1");
        item.GetProperty("version").GetString().ShouldBe("1.1");
        DateTimeOffset.ParseExact(item.GetProperty("received").GetString()!, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
            .ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1));
        (string, string)[] headers = [.. item.GetProperty("headers").EnumerateArray().Select(h => (h[0].GetString()!, h[1].GetString()!))];
        headers.ShouldContain(("X-Any", "caf\u00e9"));
        headers.ShouldContain(("Authorization", "Bearer abc"));
        headers.ShouldContain(("Ggrok-Attempt", "9"));
        headers.Select(h => h.Item1).ShouldNotContain("X-Hop");
        headers.Select(h => h.Item1).ShouldNotContain("X-Forwarded-For");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(scene.Url, $"/$$ggrok/inbox/items/{id}/body"));
        request.Headers.Add("X-Ggrok-Client", scene.ClientId);
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.SendAsync(request);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBe(body);
    }

    [Fact]
    public async Task Targets_take_no_more_room_in_an_answer_than_they_have_characters()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.BeAwayAsync();
        await scene.StoreAsync("/?a=1&b='+'", "x");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(scene.Url, "/$$ggrok/inbox/items"));
        request.Headers.Add("X-Ggrok-Client", scene.ClientId);
        using var http = new HttpClient();

        using HttpResponseMessage answer = await http.SendAsync(request);

        (await answer.Content.ReadAsStringAsync()).ShouldContain("/?a=1&b='+'");
    }

    [Fact]
    public async Task Items_come_in_pages_and_can_be_dropped()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.BeAwayAsync();
        string[] ids = [await scene.StoreAsync("/", "1"), await scene.StoreAsync("/", "2"), await scene.StoreAsync("/", "3")];

        (_, JsonElement first) = await scene.ApiAsync(HttpMethod.Get, "items?limit=2");
        first.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString()).ShouldBe(ids[..2]);
        first.GetProperty("next").GetString().ShouldBe(ids[1]);
        (_, JsonElement second) = await scene.ApiAsync(HttpMethod.Get, "items?limit=2&after=" + ids[1]);
        second.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString()).ShouldBe(ids[2..]);
        second.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Null);

        (await scene.ApiAsync(HttpMethod.Delete, "items/" + ids[1])).Status.ShouldBe(HttpStatusCode.NoContent);
        (await scene.ApiAsync(HttpMethod.Delete, "items/" + ids[1])).Status.ShouldBe(HttpStatusCode.NotFound);
        (await scene.ApiAsync(HttpMethod.Get, "items/" + ids[1])).Status.ShouldBe(HttpStatusCode.NotFound);
        (await scene.ApiAsync(HttpMethod.Delete, "items?state=waiting&tunnel=127.0.0.1")).Body.GetProperty("count").GetInt32().ShouldBe(2);
        Directory.GetFiles(Path.Combine(scene.Folder, "items")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_is_given_free_only_when_nothing_is_lost_by_it_unless_it_is_said()
    {
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-max-age", "1h")]);
        await scene.BeAwayAsync();
        await scene.StoreAsync("/", "1");

        (_, JsonElement list) = await scene.ApiAsync(HttpMethod.Get, "tunnels");
        JsonElement tunnel = list.GetProperty("tunnels").EnumerateArray().Single();
        tunnel.GetProperty("waiting").GetInt32().ShouldBe(1);
        tunnel.GetProperty("dead").GetInt32().ShouldBe(0);
        tunnel.GetProperty("away").GetBoolean().ShouldBeTrue();
        tunnel.GetProperty("until").GetDateTimeOffset().ShouldBe(DateTimeOffset.UtcNow.AddHours(1), TimeSpan.FromMinutes(2));
        tunnel.GetProperty("maxAgeSeconds").GetInt32().ShouldBe(3600);
        (HttpStatusCode refused, JsonElement why) = await scene.ApiAsync(HttpMethod.Delete, "tunnels/127.0.0.1");
        refused.ShouldBe(HttpStatusCode.Conflict);
        why.GetProperty("message").GetString()!.ShouldContain("drop");

        (await scene.ApiAsync(HttpMethod.Delete, "tunnels/127.0.0.1?drop=true")).Status.ShouldBe(HttpStatusCode.NoContent);

        (await scene.ItemsAsync()).ShouldBeEmpty();
        using HttpResponseMessage now = await scene.PostAsync("/", "2");
        now.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await scene.StopServerAsync();
        await scene.StartServerAsync();
        using HttpResponseMessage later = await scene.PostAsync("/", "3");
        later.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_name_with_a_path_is_given_free_however_its_characters_are_written()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        var client = new RunningClient(RunningClient.Options(
            scene.Url, new Uri("http://127.0.0.1:9"), t => t with { Path = "/hooks", Policies = [new Ggrok.Shared.Protocol.PolicyDirective("inbox", "/*")] }, id: scene.ClientId));
        await client.Events.NextReadyAsync();
        await client.DisposeAsync();

        (await scene.ApiAsync(HttpMethod.Delete, "tunnels/127.0.0.1%2F%68ooks")).Status.ShouldBe(HttpStatusCode.NoContent);

        (await scene.ApiAsync(HttpMethod.Get, "tunnels")).Body.GetProperty("tunnels").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Nobody_sees_what_is_somebody_elses()
    {
        await using InboxScene scene = await InboxScene.StartAsync(settings: [("GGROK_TOKENS", "first-secret,second-secret")]);
        await scene.StartClientAsync(token: "first-secret");
        await scene.StopClientAsync();
        string id = await scene.StoreAsync("/", "mine");

        (await scene.ApiAsync(HttpMethod.Get, "items/" + id, token: "first-secret")).Status.ShouldBe(HttpStatusCode.OK);
        (await scene.ApiAsync(HttpMethod.Get, "items")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await scene.ApiAsync(HttpMethod.Get, "items/" + id, token: "second-secret")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await scene.ApiAsync(HttpMethod.Get, "items/" + id, clientId: "another", token: "first-secret")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await scene.ApiAsync(HttpMethod.Delete, "items", token: "second-secret")).Body.GetProperty("count").GetInt32().ShouldBe(0);
        (await scene.ApiAsync(HttpMethod.Delete, "tunnels/127.0.0.1?drop=true", token: "second-secret")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await scene.ApiAsync(HttpMethod.Get, "items/" + id, token: "first-secret")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_owner_may_have_something_delivered_at_any_moment_while_attempts_fail()
    {
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-retry", string.Join(',', Enumerable.Repeat("1ms", 50)))]);
        scene.Answer = c =>
        {
            c.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await scene.BeAwayAsync();
        await scene.StoreAsync("/", "1");
        await scene.StoreAsync("/", "2");
        await scene.StartAppAsync();
        await scene.StartClientAsync();

        for (int i = 0; i < 200; i++)
        {
            (await scene.ApiAsync(HttpMethod.Post, "deliver?state=all")).Status.ShouldBe(HttpStatusCode.Accepted);
        }

        (await scene.ItemsAsync()).Length.ShouldBe(2);
    }

    [Theory]
    [InlineData("GET", "items?state=lost", "state is")]
    [InlineData("GET", "items?limit=0", "limit is")]
    [InlineData("GET", "items?tunnel=other.my.app", "no tunnel")]
    [InlineData("POST", "items/x", "no request x")]
    [InlineData("PUT", "items", "no such thing")]
    [InlineData("GET", "elsewhere", "no such thing")]
    public async Task What_cannot_be_done_is_refused_in_a_sentence(string method, string path, string part)
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.BeAwayAsync();

        (HttpStatusCode status, JsonElement body) = await scene.ApiAsync(new HttpMethod(method), path);

        ((int)status).ShouldBeInRange(400, 499);
        body.GetProperty("message").GetString()!.ShouldContain(part);
    }
}
