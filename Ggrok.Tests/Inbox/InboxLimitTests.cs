using System.Globalization;
using System.Net;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Inbox;

/// <summary>What an inbox does not take, and what it does not keep.</summary>
public class InboxLimitTests
{
    [Theory]
    [InlineData("inbox-max-requests", "2", 10, HttpStatusCode.InsufficientStorage, "InboxFull")]
    [InlineData("inbox-max-bytes", "20kB", 9000, HttpStatusCode.InsufficientStorage, "InboxFull")]
    [InlineData("inbox-max-body", "1kB", 1001, HttpStatusCode.RequestEntityTooLarge, "RequestBodyTooLarge")]
    public async Task Beyond_a_limit_the_sender_is_told_to_come_again(string key, string value, int bytes, HttpStatusCode status, string error)
    {
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), (key, value)]);
        await scene.BeAwayAsync();
        int fits = key == "inbox-max-body" ? 0 : 2;
        for (int i = 0; i < fits; i++)
        {
            await scene.StoreAsync("/", new string('x', bytes));
        }

        using HttpResponseMessage refused = await scene.PostAsync("/", new string('x', bytes));

        refused.StatusCode.ShouldBe(status);
        refused.Headers.GetValues("X-Ggrok-Error").Single().ShouldBe(error);
        (await scene.ItemsAsync()).Length.ShouldBe(fits);
        if (fits > 0)
        {
            // Room that was made is room again.
            (await scene.ApiAsync(HttpMethod.Delete, "items")).Status.ShouldBe(HttpStatusCode.OK);
            await scene.StoreAsync("/", new string('x', bytes));
        }
    }

    [Fact]
    public async Task All_inboxes_together_have_a_limit()
    {
        await using InboxScene scene = await InboxScene.StartAsync(settings: [("GGROK_INBOX_MAX_BYTES", "20kB")]);
        await scene.BeAwayAsync();
        await scene.StoreAsync("/", new string('x', 15_000));

        using HttpResponseMessage refused = await scene.PostAsync("/", new string('x', 15_000));

        refused.StatusCode.ShouldBe(HttpStatusCode.InsufficientStorage);
    }

    [Fact]
    public async Task What_is_too_large_to_be_kept_passes_while_the_client_is_there()
    {
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-max-body", "1kB")]);
        await scene.StartAppAsync();
        await scene.StartClientAsync();

        using HttpResponseMessage passed = await scene.PostAsync("/", new string('x', 100_000));

        passed.StatusCode.ShouldBe(HttpStatusCode.OK);
        scene.Received.Single().Body.Length.ShouldBe(100_000);
    }

    [Fact]
    public async Task A_webhook_that_turns_out_too_large_to_be_kept_passes_whole_while_the_client_is_there()
    {
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-max-body", "20kB")]);
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        byte[] body = System.Security.Cryptography.RandomNumberGenerator.GetBytes(300_000);

        // Chunked: how large it is nobody says before.
        using var request = new HttpRequestMessage(HttpMethod.Post, scene.Url) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = true;
        request.Headers.Add("X-GitHub-Event", "push");
        using var http = new HttpClient();
        using HttpResponseMessage passed = await http.SendAsync(request);

        passed.StatusCode.ShouldBe(HttpStatusCode.OK);
        scene.Received.Single().Hash.ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(body)));
    }

    [Fact]
    public async Task What_is_too_old_is_removed_and_the_name_is_free_again()
    {
        var time = new ManualTimeProvider();
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-max-age", "1h")], time: time);
        await scene.BeAwayAsync();
        await scene.StoreAsync("/", "old");

        await Eventually.BecomesAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromMinutes(1));
                using HttpResponseMessage answer = await scene.SendAsync(HttpMethod.Get, "/", null);
                return answer.StatusCode;
            },
            HttpStatusCode.NotFound);

        await Eventually.BecomesAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(30));
                return Task.FromResult(Directory.GetFiles(scene.Folder, "*.*", SearchOption.AllDirectories).Count(f => f.EndsWith(".item", StringComparison.Ordinal) || f.EndsWith(".tunnel", StringComparison.Ordinal)));
            },
            0);
        scene.Server.Logs.Lines.ShouldContain(l => l.Message.Contains("not kept any longer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Files_that_are_damaged_or_foreign_are_skipped_with_a_line_in_the_log()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.BeAwayAsync();
        string[] ids = [await scene.StoreAsync("/", "one"), await scene.StoreAsync("/", "two"), await scene.StoreAsync("/", "three"), await scene.StoreAsync("/", "four")];
        await scene.StopServerAsync();
        string items = Path.Combine(scene.Folder, "items");

        // Cut off; another body; a state that is none; files that nobody knows, and one that was not finished.
        await CutAsync(Path.Combine(items, ids[0] + ".item"));
        await File.WriteAllTextAsync(Path.Combine(items, ids[1] + ".item"), (await File.ReadAllTextAsync(Path.Combine(items, ids[1] + ".item"))).Replace("\ntwo", "\nTWO", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(items, ids[2] + ".state"), "{");
        await File.WriteAllTextAsync(Path.Combine(items, "notes.txt"), "mine");
        await File.WriteAllTextAsync(Path.Combine(items, ids[3] + ".item.tmp"), "half");
        await File.AppendAllTextAsync(Path.Combine(scene.Folder, "delivered"), "12 half a li");
        await File.WriteAllTextAsync(Path.Combine(scene.Folder, "tunnels", "0.tunnel"), "no json");

        await scene.StartServerAsync();
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        await scene.ReceivesAsync(2);

        scene.Received.Select(r => r.Body).ShouldBe(["three", "four"]);
        await Eventually.BecomesAsync(async () => string.Join(' ', (await scene.ItemsAsync()).Select(i => i.GetProperty("state").GetString())), "dead");
        (await scene.ItemsAsync()).Single().GetProperty("lastFailure").GetString()!.ShouldContain("damaged");
        File.Exists(Path.Combine(items, "notes.txt")).ShouldBeTrue();
        File.Exists(Path.Combine(items, ids[3] + ".item.tmp")).ShouldBeFalse();
        scene.Server.Logs.Lines.Count(l => l.Message.Contains("is left alone", StringComparison.Ordinal)).ShouldBe(4);
    }

    [Fact]
    public async Task Only_the_owner_may_read_the_files()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.BeAwayAsync();
        await scene.StoreAsync("/", "secret");

        foreach (string file in Directory.GetFiles(scene.Folder, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "lock"))
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
        }

        File.GetUnixFileMode(scene.Folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static async Task CutAsync(string file)
    {
        await using FileStream stream = File.OpenWrite(file);
        stream.SetLength(stream.Length - 1);
    }
}
