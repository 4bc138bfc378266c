using System.Net;
using Ggrok.Tests.Testing;
using Ggrok.Tests.Tokens;

namespace Ggrok.Tests.Inbox;

/// <summary>A database that several owners and servers share, and that is not as it should be.</summary>
public sealed class PostgresHandsTests(PostgresFixture fixture) : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly TokenFolder _folder = new();

    [Fact]
    public async Task What_was_left_behind_by_who_had_the_name_before_is_nobody_elses()
    {
        string alice = await _folder.CreateAsync("alice");
        string bob = await _folder.CreateAsync("bob");
        string database = await fixture.Cluster.NewDatabaseAsync();
        await using InboxScene scene = await InboxScene.StartAsync(settings: [("DATABASE_URL", database), _folder.StoreSetting]);
        await scene.StartClientAsync(token: alice);
        await scene.StopClientAsync();
        string id = await scene.StoreAsync("/", "for alice");
        await scene.StopServerAsync();
        await fixture.Cluster.ExecuteAsync(database, "DELETE FROM ggrok_inbox_tunnels; INSERT INTO ggrok_inbox_tunnels VALUES ('broken', '{')");

        await scene.StartServerAsync();
        await scene.StartClientAsync(token: bob);
        (await scene.ApiAsync(HttpMethod.Get, "items", token: bob)).Body.GetProperty("items").GetArrayLength().ShouldBe(0);
        (await scene.ApiAsync(HttpMethod.Get, "items/" + id, token: bob)).Status.ShouldBe(HttpStatusCode.NotFound);
        await scene.StoreAsync("/", "for bob");
        await scene.StartAppAsync();
        await scene.ReceivesAsync(1);

        scene.Received.Select(r => r.Body).ShouldBe(["for bob"]);
        scene.Server.Logs.Lines.ShouldContain(l => l.Message.Contains("in the database cannot be read", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_that_another_server_gave_to_somebody_else_is_theirs_here_too()
    {
        string alice = await _folder.CreateAsync("alice");
        string bob = await _folder.CreateAsync("bob");
        string database = await fixture.Cluster.NewDatabaseAsync();
        await using InboxScene scene = await InboxScene.StartAsync(settings: [("DATABASE_URL", database), _folder.StoreSetting]);
        await scene.StartClientAsync(token: alice);
        await scene.StopClientAsync();
        string id = await scene.StoreAsync("/", "for alice");

        // As the other server writes it.
        await fixture.Cluster.ExecuteAsync(
            database, "UPDATE ggrok_inbox_tunnels SET value = replace(value, '\"identityId\":\"alice\"', '\"identityId\":\"bob\"'); SELECT pg_notify('ggrok_inbox_tunnels', 'other')");
        await Eventually.BecomesAsync(async () => (await scene.ApiAsync(HttpMethod.Get, "tunnels", token: bob)).Body.GetProperty("tunnels").GetArrayLength(), 1);

        (await scene.ApiAsync(HttpMethod.Get, "tunnels", token: alice)).Body.GetProperty("tunnels").GetArrayLength().ShouldBe(0);
        (await scene.ApiAsync(HttpMethod.Get, "items/" + id, token: bob)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_name_that_was_taken_while_the_database_was_away_brings_nothing_of_who_had_it_before()
    {
        string alice = await _folder.CreateAsync("alice");
        string bob = await _folder.CreateAsync("bob");
        await using PostgresCluster cluster = await PostgresCluster.StartAsync();
        await using InboxScene scene = await InboxScene.StartAsync(settings: [("DATABASE_URL", cluster.Url), _folder.StoreSetting]);
        await scene.StartClientAsync(token: alice);
        await scene.StopClientAsync();
        await scene.StoreAsync("/", "for alice");
        await scene.StopServerAsync();
        await cluster.StopServerAsync();
        await scene.StartServerAsync();
        await scene.StartClientAsync(token: bob);
        using HttpResponseMessage early = await scene.PostAsync("/", "too early");
        early.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        await cluster.StartServerAsync();
        await Eventually.BecomesAsync(async () => (await scene.PostAsync("/", "for bob")).StatusCode, HttpStatusCode.Accepted);
        (await scene.ApiAsync(HttpMethod.Get, "items", token: bob)).Body.GetProperty("items").GetArrayLength().ShouldBe(1);
        await scene.StartAppAsync();
        await scene.ReceivesAsync(1);

        scene.Received.Select(r => r.Body).ShouldBe(["for bob"]);
    }

    [Fact]
    public async Task Room_that_others_made_is_seen_although_something_is_said_all_the_time()
    {
        string database = await fixture.Cluster.NewDatabaseAsync();
        await using InboxScene scene = await InboxScene.StartAsync(settings: [("DATABASE_URL", database), ("GGROK_INBOX_MAX_BYTES", "20kB")]);
        await scene.BeAwayAsync();
        await scene.StoreAsync("/", new string('x', 15_000));
        await fixture.Cluster.ExecuteAsync(database, "DELETE FROM ggrok_inbox_items");

        await Eventually.BecomesAsync(
            async () =>
            {
                await fixture.Cluster.ExecuteAsync(database, "SELECT pg_notify('ggrok_inbox_items', 'elsewhere')");
                using HttpResponseMessage answer = await scene.PostAsync("/", new string('x', 15_000));
                return answer.StatusCode;
            },
            HttpStatusCode.Accepted);
    }

    public void Dispose() => _folder.Dispose();
}
