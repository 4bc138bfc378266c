using System.Net;
using System.Text.Json;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Inbox;

/// <summary>Limits of inboxes in a database, which several servers fill at the same time.</summary>
public class PostgresLimitTests(PostgresFixture fixture) : IClassFixture<PostgresFixture>
{
    private const int Senders = 60;

    [Theory]
    [InlineData("inbox-max-requests", "25")]
    [InlineData("inbox-max-bytes", "40kB")]
    [InlineData("GGROK_INBOX_MAX_BYTES", "40kB")]
    public async Task However_many_come_at_once_at_two_servers_as_many_are_taken_as_there_is_room_for(string limit, string value)
    {
        (string, string)[] settings = [("DATABASE_URL", await fixture.Cluster.NewDatabaseAsync()), .. limit[0] == 'G' ? [(limit, value)] : Array.Empty<(string, string)>()];
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), .. limit[0] == 'i' ? [(limit, value)] : Array.Empty<(string, string)>()], settings);
        await scene.BeAwayAsync();
        await using RunningServer other = await RunningServer.StartAsync(settings);
        using var http = new HttpClient();

        HttpStatusCode[] answers = await Task.WhenAll(Enumerable.Range(0, Senders).Select(async n =>
        {
            using HttpResponseMessage answer = await http.PostAsync(new Uri(n % 2 == 0 ? scene.Url : other.Url, "/hook"), new ByteArrayContent(new byte[1000]));
            return answer.StatusCode;
        }));

        int taken = answers.Count(a => a == HttpStatusCode.Accepted);
        answers.Count(a => a == HttpStatusCode.InsufficientStorage).ShouldBe(Senders - taken);
        JsonElement tunnel = await TunnelAsync(scene);
        tunnel.GetProperty("waiting").GetInt32().ShouldBe(taken);
        if (limit == "inbox-max-requests")
        {
            taken.ShouldBe(25);
        }
        else
        {
            // Their heads differ by a few bytes, as ports do.
            long bytes = tunnel.GetProperty("bytes").GetInt64();
            bytes.ShouldBeInRange(40_000 - (bytes / taken) - 20, 40_000);
        }
    }

    [Fact]
    public async Task A_database_of_a_version_that_counted_nothing_is_counted_when_two_servers_start_at_once()
    {
        string database = await fixture.Cluster.NewDatabaseAsync();
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-max-requests", "3")], [("DATABASE_URL", database)]);
        await scene.BeAwayAsync();
        await scene.StoreAsync("/", "one");
        await scene.StoreAsync("/", "two");
        await scene.StopServerAsync();
        await fixture.Cluster.ExecuteAsync(database, "DROP FUNCTION ggrok_inbox_count CASCADE; DROP TABLE ggrok_inbox_counts; DROP INDEX ggrok_inbox_age");

        Task<RunningServer> starting = RunningServer.StartAsync([("DATABASE_URL", database)]);
        await scene.StartServerAsync();
        await using RunningServer other = await starting;

        (await TunnelAsync(scene)).GetProperty("waiting").GetInt32().ShouldBe(2);
        await scene.StoreAsync("/", "three");
        using HttpResponseMessage full = await scene.PostAsync("/", "four");
        full.StatusCode.ShouldBe(HttpStatusCode.InsufficientStorage);
    }

    [Fact]
    public async Task Room_that_somebody_makes_with_a_command_of_the_database_is_room()
    {
        string database = await fixture.Cluster.NewDatabaseAsync();
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-max-requests", "2")], [("DATABASE_URL", database)]);
        await scene.BeAwayAsync();
        foreach (string command in new[] { "DELETE FROM ggrok_inbox_items", "TRUNCATE ggrok_inbox_items" })
        {
            await scene.StoreAsync("/", "one");
            await scene.StoreAsync("/", "two");
            using HttpResponseMessage full = await scene.PostAsync("/", "three");
            full.StatusCode.ShouldBe(HttpStatusCode.InsufficientStorage);
            await fixture.Cluster.ExecuteAsync(database, command);
        }

        await scene.StoreAsync("/", "at last");
    }

    [Fact]
    public async Task Limits_hold_and_what_was_taken_is_flushed_whatever_the_database_has_for_its_defaults()
    {
        string database = await fixture.Cluster.NewDatabaseAsync();
        string name = new Uri(database).AbsolutePath.TrimStart('/');
        await fixture.Cluster.ExecuteAsync(database, $"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'; ALTER DATABASE {name} SET synchronous_commit = off");
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-max-requests", "25")], [("DATABASE_URL", database)]);
        await scene.BeAwayAsync();
        await using RunningServer other = await RunningServer.StartAsync([("DATABASE_URL", database)]);
        await fixture.Cluster.ExecuteAsync(database, """
            CREATE TABLE seen (light text);
            CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO seen VALUES (current_setting(''synchronous_commit'')); RETURN NULL; END';
            CREATE TRIGGER see AFTER INSERT ON ggrok_inbox_items FOR EACH STATEMENT EXECUTE PROCEDURE see();
            """);
        using var http = new HttpClient();

        HttpStatusCode[] answers = await Task.WhenAll(Enumerable.Range(0, Senders).Select(async n =>
        {
            using HttpResponseMessage answer = await http.PostAsync(new Uri(n % 2 == 0 ? scene.Url : other.Url, "/hook"), new ByteArrayContent(new byte[1000]));
            return answer.StatusCode;
        }));

        answers.GroupBy(a => a).ToDictionary(g => g.Key, g => g.Count()).ShouldBe(
            new Dictionary<HttpStatusCode, int> { [HttpStatusCode.Accepted] = 25, [HttpStatusCode.InsufficientStorage] = Senders - 25 }, ignoreOrder: true);
        (await fixture.Cluster.QueryAsync(database, "SELECT DISTINCT light FROM seen")).ShouldBe(["on"]);
    }

    [Fact]
    public async Task Counts_that_a_backup_brought_twice_are_right_after_the_next_start()
    {
        string database = await fixture.Cluster.NewDatabaseAsync();
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-max-requests", "3")], [("DATABASE_URL", database)]);
        await scene.BeAwayAsync();
        await scene.StoreAsync("/", "one");
        await scene.StopServerAsync();
        await fixture.Cluster.ExecuteAsync(database, "UPDATE ggrok_inbox_counts SET waiting = 17, bytes = 1");

        await scene.StartServerAsync();

        await scene.StoreAsync("/", "two");
        (await TunnelAsync(scene)).GetProperty("waiting").GetInt32().ShouldBe(2);
    }

    private static async Task<JsonElement> TunnelAsync(InboxScene scene) =>
        (await scene.ApiAsync(HttpMethod.Get, "tunnels")).Body.GetProperty("tunnels").EnumerateArray().Single();
}
