using System.Text.Json;
using Ggrok.Client.Inspector;
using Ggrok.Client.Inspector.Disk;
using Ggrok.Client.Inspector.Export;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector;

/// <summary>Exchanges that are recorded to disk.</summary>
public sealed class DiskTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ggrok-record").FullName;

    private string Folder => Path.Combine(_root, "a", "b");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Every_exchange_is_in_a_valid_file_as_soon_as_it_is_over()
    {
        await using InspectorScene scene = await SceneAsync(new RecordOptions(Folder));
        for (int i = 1; i <= 3; i++)
        {
            (await scene.Visitor.GetAsync($"/visit-{i}?token=hidden-1")).Dispose();

            await Eventually.BecomesAsync(() => EntryCountAsync(), i);
        }

        (await scene.GetAsync("/api/status")).GetProperty("recordFolder").GetString().ShouldBe(Folder);
        Entries().Select(e => e.GetProperty("request").GetProperty("url").GetString()).ShouldBe(
            Enumerable.Range(1, 3).Select(i => new Uri(scene.PublicUrl, $"/visit-{i}?token=REDACTED").AbsoluteUri));
        Files().Length.ShouldBe(1);
        Text().ShouldNotContain("hidden");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(Files()[0]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.GetUnixFileMode(Folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task Secrets_stay_when_asked_for_and_what_was_named_goes()
    {
        await using (InspectorScene scene = await SceneAsync(new RecordOptions(Folder) { WithSecrets = true }))
        {
            (await scene.Visitor.GetAsync("/?token=hidden-1")).Dispose();
            await scene.DoneAsync(1);
        }

        Text().ShouldContain("hidden-1");
        await using (InspectorScene scene = await SceneAsync(new RecordOptions(Folder + "2"), redact: ["pin"]))
        {
            (await scene.Visitor.GetAsync("/?pin=hidden-2")).Dispose();
            await scene.DoneAsync(1);
        }

        Text(Folder + "2").ShouldContain("?pin=REDACTED");
    }

    [Fact]
    public async Task It_works_without_the_page_and_what_is_over_is_written_before_the_end()
    {
        await using (InspectorScene scene = await SceneAsync(new RecordOptions(Folder), hasPage: false))
        {
            (await scene.Visitor.PostAsync("/", new StringContent("some text"))).Dispose();
            await scene.Events.NextExchangeAsync();
            scene.Events.Log.ShouldNotContain(l => l.StartsWith("inspecting", StringComparison.Ordinal));
        }

        Entries().Single().GetProperty("request").GetProperty("postData").GetProperty("text").GetString().ShouldBe("some text");
    }

    [Fact]
    public async Task The_oldest_files_go_and_other_files_stay()
    {
        const int Size = 1024 * 1024;
        Directory.CreateDirectory(Folder);
        await File.WriteAllTextAsync(Path.Combine(Folder, "ggrok-mine.har"), "mine");
        await using (InspectorScene scene = await SceneAsync(new RecordOptions(Folder) { MaxBytes = Size }))
        {
            for (int i = 1; i <= 40; i++)
            {
                (await scene.Visitor.PostAsync($"/{i}", new StringContent(new string('x', 50_000)))).Dispose();
                await scene.DoneAsync(i);
                Sizes().Sum().ShouldBeLessThanOrEqualTo(Size);
            }
        }

        string[] kept = [.. Entries().Select(e => new Uri(e.GetProperty("request").GetProperty("url").GetString()!).AbsolutePath)];
        kept.ShouldBe(Enumerable.Range(41 - kept.Length, kept.Length).Select(i => $"/{i}"));
        kept.Length.ShouldBeInRange(5, 20);
        Files().Length.ShouldBeGreaterThan(3);
        (await File.ReadAllTextAsync(Path.Combine(Folder, "ggrok-mine.har"))).ShouldBe("mine");
    }

    [Fact]
    public async Task What_another_client_is_writing_stays()
    {
        using var other = new HarFolder(new RecordOptions(Folder) { MaxBytes = 1 << 20 }, TimeProvider.System);
        other.Append("{}"u8);
        string its = Files().Single();
        using var own = new HarFolder(new RecordOptions(Folder) { MaxBytes = 1 << 20 }, TimeProvider.System);

        for (int i = 0; i < 20; i++)
        {
            own.Append(new byte[100_000]);
        }

        Files().ShouldContain(its);
        other.Append("{}"u8);
        using JsonDocument file = await ParseAsync(its);
        file.RootElement.GetProperty("log").GetProperty("entries").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_told_once_and_the_tunnel_goes_on()
    {
        string file = Path.Combine(_root, "file");
        await File.WriteAllTextAsync(file, "");
        InspectorScene scene = await SceneAsync(new RecordOptions(Path.Combine(file, "folder")));
        await using (scene)
        {
            (await scene.Visitor.GetAsync("/")).EnsureSuccessStatusCode().Dispose();
            await Eventually.BecomesAsync(() => Task.FromResult(Notices(scene).Length), 1);
            (await scene.Visitor.GetAsync("/")).EnsureSuccessStatusCode().Dispose();
            await scene.Events.NextExchangeAsync();
            await scene.Events.NextExchangeAsync();
        }

        Notices(scene).Length.ShouldBe(2);
        Notices(scene)[0].ShouldStartWith($"notice: Requests cannot be recorded in {Path.Combine(file, "folder")}: ");
        Notices(scene)[1].ShouldStartWith("notice: 2 requests are not recorded in ");
    }

    [Fact]
    public async Task A_folder_that_was_removed_is_made_anew()
    {
        await using InspectorScene scene = await SceneAsync(new RecordOptions(Folder));
        (await scene.Visitor.GetAsync("/1")).Dispose();
        await Eventually.BecomesAsync(() => EntryCountAsync(), 1);

        Directory.Delete(Folder, recursive: true);
        (await scene.Visitor.GetAsync("/2")).Dispose();

        await Eventually.BecomesAsync(() => EntryCountAsync(), 1);
        Notices(scene).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_leaves_the_memory_before_it_was_written_is_counted()
    {
        var recorder = new Recorder(new RecorderOptions { MaxExchanges = 2 }, TimeProvider.System);
        var told = new List<string>();
        await using (var disk = new DiskRecorder(new RecordOptions(Folder), recorder, new Redaction(new SecretNames([])), new ManualTimeProvider(), told.Add))
        {
            for (int i = 0; i < 5; i++)
            {
                recorder.Add(new ExchangeSnapshot
                {
                    Number = 0, Tunnel = "web", State = ExchangeState.Done, StartedAt = default,
                    Request = new() { Id = "1", Method = "GET", Target = $"/{i}", Scheme = "http", Host = "a.b", Version = "1.1" },
                });
            }
        }

        Entries().Select(e => e.GetProperty("request").GetProperty("url").GetString()).ShouldBe(["http://a.b/3", "http://a.b/4"]);
        told.ShouldBe([$"Requests come faster than they can be recorded in {Folder}; some are missing there.", $"3 requests are not recorded in {Folder}."]);
    }

    [Fact]
    public async Task Imports_are_not_recorded_again_and_replays_are()
    {
        await using (InspectorScene scene = await SceneAsync(new RecordOptions(Folder)))
        {
            (await scene.Visitor.GetAsync("/1")).Dispose();
            await scene.DoneAsync(1);
            (await scene.Api.PostAsync("/api/har", new StringContent(await scene.TextAsync("/api/har")))).EnsureSuccessStatusCode().Dispose();
            await scene.PostAsync("/api/exchanges/1/replay", new { target = "/2" });
        }

        Entries().Select(e => e.GetProperty("_ggrok").GetProperty("target").GetString()).ShouldBe(["/1", "/2"]);
    }

    // A limit on the size of files (64 KiB) stands for the full disk. The runtime itself must not need larger files.
    [Fact]
    public async Task A_file_that_cannot_grow_stays_valid_and_the_tunnel_goes_on()
    {
        await using LocalApp app = await LocalApp.StartAsync(context => context.Response.WriteAsync("ok"));
        await using RunningServer server = await RunningServer.StartAsync();
        string program = Path.Combine(AppContext.BaseDirectory, "ggrok.dll");
        string script = Path.Combine(_root, "run.sh");
        await File.WriteAllTextAsync(script, $"trap '' XFSZ; ulimit -f 64; exec dotnet '{program}' --server {server.Url} --target {app.Url} --inspect off --record '{Folder}'\n");
        await using RunningProgram client = RunningProgram.Start(
            "bash", script, environment: [("DOTNET_EnableWriteXorExecute", "0"), ("DOTNET_EnableDiagnostics", "0"), ("GGROK_CONFIG", Path.Combine(_root, "ggrok.yml"))]);
        await client.LineAsync("Forwarding");
        using var visitor = new HttpClient { BaseAddress = server.Url };
        (await visitor.GetAsync("/")).EnsureSuccessStatusCode().Dispose();
        await Eventually.BecomesAsync(EntryCountAsync, 1);
        for (int i = 0; !client.Output.Contains("cannot be recorded", StringComparison.Ordinal); i++)
        {
            i.ShouldBeLessThan(5000, client.Output);
            (await visitor.PostAsync("/", new StringContent(new string('x', 5000)))).EnsureSuccessStatusCode().Dispose();
        }

        (await visitor.GetAsync("/")).EnsureSuccessStatusCode().Dispose();
        await client.TerminateAsync();

        (await client.ExitAsync()).ShouldBe(0, client.Output);
        client.Output.ShouldContain("requests are not recorded in");
        Entries().Count.ShouldBeGreaterThan(0);
        Files().ShouldAllBe(f => new FileInfo(f).Length <= 64 * 1024);
    }

    [PeerFact]
    public async Task Recorded_files_are_valid_by_the_schema_of_HAR()
    {
        await using (InspectorScene scene = await SceneAsync(new RecordOptions(Folder)))
        {
            (await scene.Visitor.GetAsync("/1?a=b")).Dispose();
            (await scene.Visitor.PostAsync("/2", new ByteArrayContent([0, 255]))).Dispose();
            await scene.DoneAsync(2);
        }

        await using RunningProgram judge = NodeProcess.Start("har.mjs", Files());

        (await judge.ExitAsync()).ShouldBe(0, judge.Output);
        judge.Output.ShouldContain("valid 2");
    }

    private static Task<InspectorScene> SceneAsync(RecordOptions record, bool hasPage = true, string[]? redact = null) => InspectorScene.StartAsync(
        async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync("ok");
        },
        inspect => inspect with { Record = record, HasPage = hasPage, Redact = redact ?? [] });

    private static string[] Notices(InspectorScene scene) => [.. scene.Events.Log.Where(l => l.StartsWith("notice", StringComparison.Ordinal))];

    private static async Task<JsonDocument> ParseAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return await JsonDocument.ParseAsync(stream);
    }

    private string[] Files(string? folder = null) => Directory.Exists(folder ?? Folder)
        ? [.. Directory.GetFiles(folder ?? Folder, "ggrok-*-*.har").Order(StringComparer.Ordinal)]
        : [];

    // Files go while they are looked at, and the newest grows: looked at first, it is never counted beside one that went for its sake.
    private IEnumerable<long> Sizes()
    {
        foreach (FileInfo file in Files().Reverse().Select(f => new FileInfo(f)).Where(f => f.Exists))
        {
            yield return file.Length;
        }
    }

    private string Text(string? folder = null) => string.Concat(Files(folder).Select(File.ReadAllText));

    // Who reads in the very moment of a write sees half of it; a moment later the file is whole.
    private Task<int> EntryCountAsync()
    {
        try
        {
            return Task.FromResult(Entries().Count);
        }
        catch (JsonException)
        {
            return Task.FromResult(-1);
        }
    }

    private List<JsonElement> Entries() => [.. Files().SelectMany(f => ParseAsync(f).GetAwaiter().GetResult().RootElement.GetProperty("log").GetProperty("entries").EnumerateArray())];
}
