using Ggrok.Server.Inbox.Files;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Postgres;
using Ggrok.Shared.Edge;
using Ggrok.Tests.Client;
using Ggrok.Tests.Testing;
using Npgsql;

namespace Ggrok.Tests.Inbox;

/// <summary>What is written for inboxes, and what is made of it.</summary>
public class InboxGrammarTests : CommandLineScene
{
    [Theory]
    [InlineData("inbox", "hooks")]
    [InlineData("inbox", "/a*b")]
    [InlineData("inbox", "/a?b")]
    [InlineData("inbox-methods", "POST;PUT")]
    [InlineData("inbox-methods", ",")]
    [InlineData("inbox-answer", "500")]
    [InlineData("inbox-answer", "ok")]
    [InlineData("inbox-answer", "204 text")]
    [InlineData("inbox-max-requests", "0")]
    [InlineData("inbox-max-bytes", "much")]
    [InlineData("inbox-max-body", "1GiB")]
    [InlineData("inbox-max-age", "90d")]
    [InlineData("inbox-retry", "soon")]
    [InlineData("inbox-retry", "")]
    public void A_value_that_is_none_is_refused_with_what_to_write(string key, string value) =>
        Should.Throw<FormatException>(() => PolicyKeys.Find(key)!.Check([value])).Message.ShouldContain("; write ");

    [Theory]
    [InlineData("/*", "3000", "--inbox")]
    [InlineData("/*", "--inbox", "--port", "3000")]
    [InlineData("/hooks/*", "3000", "--inbox", "/hooks/*")]
    [InlineData("/a,/b/*", "3000", "--inbox", "/a", "--inbox", "/b/*")]
    [InlineData("/a,/*", "3000", "--inbox", "/a", "--inbox")]
    public async Task The_option_stands_alone_or_with_a_path(string expected, params string[] arguments)
    {
        (await RunAsync([.. arguments, "--server", "my.app"])).ShouldBe(0, Error);

        string.Join(',', Opened!.Tunnels[0].Policies.Where(p => p.Name == "inbox").Select(p => p.Value.Replace("true", "/*", StringComparison.Ordinal))).ShouldBe(expected);
    }

    [Theory]
    [InlineData("inbox: true", "/*")]
    [InlineData("inbox: false", "")]
    [InlineData("inbox: [/a, /b]", "/a,/b")]
    public async Task In_the_file_it_is_a_switch_or_paths(string line, string expected)
    {
        await File.WriteAllTextAsync(ConfigPath, $"server: my.app\ntunnels:\n  web:\n    target: 3000\n    {line}\n");

        (await RunAsync("start", "web")).ShouldBe(0, Error);

        string.Join(',', Opened!.Tunnels[0].Policies.Select(p => p.Value)).ShouldBe(expected);
    }

    [Theory]
    [InlineData("postgres://u:p%40ss@db.example.com:6432/name?sslmode=require", "db.example.com", 6432, "name", "u", "p@ss", SslMode.Require)]
    [InlineData("postgresql://u@db/n", "db", 5432, "n", "u", null, SslMode.Prefer)]
    [InlineData("postgres://db/n?sslmode=verify-full&application_name=x", "db", 5432, "n", null, null, SslMode.VerifyFull)]
    public void The_address_of_a_database_is_read(string url, string host, int port, string database, string? user, string? password, SslMode ssl)
    {
        var settings = new NpgsqlConnectionStringBuilder(DatabaseUrl.Parse(url));

        (settings.Host, settings.Port, settings.Database, settings.Username, settings.Password, settings.SslMode).ShouldBe((host, port, database, user, password, ssl));
    }

    [Theory]
    [InlineData("mysql://u:hidden@db/n")]
    [InlineData("postgres://u:hidden@db")]
    [InlineData("postgres://u:hidden@db/n?sslmode=hard")]
    [InlineData("postgres://u:hidden@db/n?pool=7")]
    [InlineData("Host=db;Password=hidden")]
    public async Task An_address_that_is_none_stops_the_server_and_shows_no_password(string url)
    {
        string message = (await Should.ThrowAsync<Ggrok.Server.Hosting.SettingsException>(() => RunningServer.StartAsync([("DATABASE_URL", url)]))).Message;

        message.ShouldContain("DATABASE_URL: ");
        message.ShouldNotContain("hidden");
    }

    [Fact]
    public void Ids_sort_by_time_also_within_a_millisecond_and_after_the_clock_was_set_back()
    {
        var time = new ManualTimeProvider();
        var ids = new InboxId(time);
        var made = new List<string>();
        for (int i = 0; i < 2000; i++)
        {
            made.Add(ids.Next());
            time.Advance(TimeSpan.FromMilliseconds(i % 3));
        }

        var later = new InboxId(new ManualTimeProvider());
        later.Skip(made[^1]);
        made.Add(later.Next());

        made.ShouldBeInOrder(SortDirection.Ascending, StringComparer.Ordinal);
        made.Distinct().Count().ShouldBe(made.Count);
        made.ShouldAllBe(id => id.Length == 26 && InboxId.Is(id));
    }

    [Fact]
    public void A_folder_is_flushed_and_one_that_is_not_there_is_an_error()
    {
        string folder = Directory.CreateTempSubdirectory("ggrok-flush-").FullName;
        Ggrok.Server.Inbox.Files.Folder.Flush(folder);
        Directory.Delete(folder);

        Should.Throw<IOException>(() => Ggrok.Server.Inbox.Files.Folder.Flush(folder)).Message.ShouldContain("No such file");
    }

    [Fact]
    public async Task Many_who_want_a_folder_flushed_at_the_same_time_share_a_flush_that_began_after_they_asked()
    {
        using var disk = new DiskThreads();
        using var go = new SemaphoreSlim(0);
        int flushes = 0;
        var flush = new FolderFlush(disk, () =>
        {
            Interlocked.Increment(ref flushes);
            go.Wait();
        });
        Task first = flush.RunAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(Volatile.Read(ref flushes)), 1);

        Task[] later = [.. Enumerable.Range(0, 50).Select(_ => flush.RunAsync())];
        go.Release();
        await Within.Bound(first, "the first flush");
        later.ShouldAllBe(t => !t.IsCompleted);
        go.Release();
        await Within.Bound(Task.WhenAll(later), "the second flush");

        flushes.ShouldBe(2);
    }
}
