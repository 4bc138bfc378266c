using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox;

/// <summary>The inbox in a real database.</summary>
public class PostgresTests(PostgresFixture fixture) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task What_is_stored_survives_a_restart_of_the_server_and_is_delivered_in_order()
    {
        await using InboxScene scene = await StartAsync();
        await scene.BeAwayAsync();
        byte[] large = RandomNumberGenerator.GetBytes(1_000_000);
        await scene.StoreAsync("/1", "one", ("X-Shopify-Topic", "orders/create"), ("X-Shopify-Webhook-Id", "d-1"));
        using (HttpResponseMessage second = await scene.SendAsync(HttpMethod.Post, "/2", large))
        {
            second.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }

        await scene.StopServerAsync();
        await scene.StartServerAsync();
        await scene.StoreAsync("/3", "three");
        (await scene.ItemsAsync()).Select(i => i.GetProperty("target").GetString()).ShouldBe(["/1", "/2", "/3"]);
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        await scene.ReceivesAsync(3);

        scene.Received.Select(r => r.Target).ShouldBe(["/1", "/2", "/3"]);
        scene.Received.ElementAt(1).Hash.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(large)));
        await scene.EmptiesAsync();

        // Sent again by its provider, who never heard that it was delivered.
        using HttpResponseMessage again = await scene.PostAsync("/1", "one", ("X-Shopify-Topic", "orders/create"), ("X-Shopify-Webhook-Id", "d-1"));
        again.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        again.Headers.GetValues("Ggrok-Delivery-Id").Single().ShouldBe(scene.Received.First().Headers["Ggrok-Delivery-Id"]);
        scene.Received.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Failing_answers_bounds_dead_letters_and_the_api_are_as_with_files()
    {
        await using InboxScene scene = await StartAsync(("inbox", "/*"), ("inbox-retry", "1ms"), ("inbox-max-requests", "2"));
        int status = 500;
        scene.Answer = c =>
        {
            c.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        await scene.BeAwayAsync();
        string id = await scene.StoreAsync("/bad", "poison", ("X-Kind", "one"));
        await scene.StoreAsync("/worse", "poison");
        using HttpResponseMessage full = await scene.PostAsync("/more", "x");
        full.StatusCode.ShouldBe(HttpStatusCode.InsufficientStorage);
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        await Eventually.BecomesAsync(async () => (await scene.ItemsAsync("?state=dead")).Length, 2);

        (_, JsonElement details) = await scene.ApiAsync(HttpMethod.Get, $"items/{id}");
        details.GetProperty("attempts").GetInt32().ShouldBe(2);
        details.GetProperty("headers").EnumerateArray().Select(h => h[0].GetString()).ShouldContain("X-Kind");
        status = 200;
        (await scene.ApiAsync(HttpMethod.Post, $"items/{id}/deliver")).Status.ShouldBe(HttpStatusCode.Accepted);
        await Eventually.BecomesAsync(async () => (await scene.ItemsAsync()).Length, 1);
        (await scene.ApiAsync(HttpMethod.Delete, "items?state=dead")).Body.GetProperty("count").GetInt32().ShouldBe(1);
        (await scene.ItemsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_servers_share_a_database_and_the_one_that_has_the_client_delivers_what_the_other_took()
    {
        (string, string) database = ("DATABASE_URL", await fixture.Cluster.NewDatabaseAsync());
        await using InboxScene scene = await InboxScene.StartAsync(settings: [database]);
        await scene.StartAppAsync();
        await using RunningServer other = await RunningServer.StartAsync([database]);
        await scene.StartClientAsync();
        using var http = new HttpClient();
        string host = scene.Url.Host;

        // The other one hears of the name, and takes a webhook for it.
        async Task<HttpStatusCode> PostAsync(string body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(other.Url, "/elsewhere")) { Content = new StringContent(body) };
            request.Headers.Host = host;
            using HttpResponseMessage answer = await http.SendAsync(request);
            return answer.StatusCode;
        }

        await Eventually.BecomesAsync(() => PostAsync("at the other"), HttpStatusCode.Accepted);
        await scene.ReceivesAsync(1);

        scene.Received.First().Body.ShouldBe("at the other");
    }

    [Fact]
    public async Task While_the_database_is_away_nothing_is_promised_and_afterwards_all_is_well()
    {
        await using PostgresCluster cluster = await PostgresCluster.StartAsync();
        await using InboxScene scene = await InboxScene.StartAsync(settings: [("DATABASE_URL", cluster.Url)]);
        await scene.BeAwayAsync();
        await scene.StoreAsync("/", "before");

        await cluster.StopServerAsync();
        using HttpResponseMessage meanwhile = await scene.PostAsync("/", "meanwhile");
        meanwhile.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        meanwhile.Headers.GetValues("X-Ggrok-Error").Single().ShouldBe("InboxUnavailable");
        (await scene.ApiAsync(HttpMethod.Get, "items")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);

        await cluster.StartServerAsync();
        await Eventually.BecomesAsync(async () => (await scene.PostAsync("/", "after")).StatusCode, HttpStatusCode.Accepted);
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        await scene.ReceivesAsync(2);
        scene.Received.Select(r => r.Body).ShouldBe(["before", "after"]);
    }

    private async Task<InboxScene> StartAsync(params (string Name, string Value)[] policies) =>
        await InboxScene.StartAsync(policies.Length == 0 ? null : policies, [("DATABASE_URL", await fixture.Cluster.NewDatabaseAsync())]);
}

/// <summary>One database for all tests of a class, whose scenes have names of their own.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    public PostgresCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync() => Cluster = await PostgresCluster.StartAsync();

    public Task DisposeAsync() => Cluster.DisposeAsync().AsTask();
}
