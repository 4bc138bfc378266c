using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Server.Audit;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tokens.Store;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ggrok.Tests.Tokens;

/// <summary>Who opened what, and who was refused.</summary>
public sealed class AuditTests : IDisposable
{
    private readonly TokenFolder _folder = new();

    [Fact]
    public async Task A_session_leaves_a_line_when_it_begins_and_one_when_it_ends()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "secret-token name=ci"), _folder.AuditSetting]);
        await using (RunningClient client = Start(server, "secret-token", t => t with { Path = "/hooks" }))
        {
            await client.Events.NextReadyAsync();
        }

        JsonElement began = Parse(await _folder.AuditAsync("registered"));
        JsonElement ended = Parse(await _folder.AuditAsync("ended"));

        began.GetProperty("token").GetString().ShouldBe("ci");
        began.GetProperty("client").GetString().ShouldBe("anna@laptop");
        began.GetProperty("remote").GetString().ShouldBe("127.0.0.1");
        began.GetProperty("tunnels").EnumerateArray().Single().GetString().ShouldBe($"http://127.0.0.1:{server.Url.Port}/hooks");
        began.GetProperty("time").GetDateTimeOffset().ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5));
        ended.GetProperty("session").GetString().ShouldBe(began.GetProperty("session").GetString());
        ended.GetProperty("reason").GetString().ShouldBe("Normal");
    }

    [Fact]
    public async Task Refusals_have_their_code_and_the_visitors_own_address()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            [("GGROK_TOKENS", "secret-token name=ci paths=/a"), ("GGROK_TRUSTED_PROXIES", "*"), _folder.AuditSetting]);
        await Knock.AtAsync(server, "wrong-token", from: "203.0.113.7");
        await using (RunningClient client = Start(server, "secret-token", t => t with { Path = "/b" }))
        {
            (await client.Exit).Code.ShouldBe(ExitCode.Refused);
        }

        List<string> lines = await _folder.AuditAsync("refused", atLeast: 2);
        lines[0].ShouldContain("\"remote\":\"203.0.113.7\",\"code\":\"TokenRefused\"");
        lines[1].ShouldContain("\"token\":\"ci\",\"client\":\"anna@laptop\",\"remote\":\"127.0.0.1\",\"code\":\"NotGranted\"");
        _folder.AuditLines().ShouldNotContain(l => l.Contains("wrong-token", StringComparison.Ordinal) || l.Contains("secret-token", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Guessing_leaves_as_many_lines_as_were_looked_at_and_one_that_it_is_slowed()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "right"), _folder.AuditSetting], time: new ManualTimeProvider());
        for (int i = 0; i < 30; i++)
        {
            await Knock.AtAsync(server, "wrong");
        }

        (await _folder.AuditAsync("throttled")).Single().ShouldContain("\"remote\":\"127.0.0.1\",\"seconds\":2");
        (await _folder.AuditAsync("refused", atLeast: 11)).Count.ShouldBe(11);
    }

    [Fact]
    public async Task What_a_client_calls_itself_cannot_forge_a_line()
    {
        const string Evil = "x\",\"token\":\"owner\"}\n{\"event\":\"registered\"\u2028\u001b[31m";
        await using RunningServer server = await RunningServer.StartAsync([_folder.AuditSetting]);
        await using (var client = new RunningClient(RunningClient.Options(server.Url, server.Url) with { Label = Evil }))
        {
            await client.Events.NextReadyAsync();
        }

        await _folder.AuditAsync("ended");
        string[] lines = _folder.AuditLines();
        lines.Length.ShouldBe(2);
        foreach (string line in lines)
        {
            line.ShouldAllBe(c => c >= ' ' && c <= '~');
            using JsonDocument json = JsonDocument.Parse(line);
            json.RootElement.GetProperty("token").GetString().ShouldBe("open");
        }
    }

    [Fact]
    public async Task Changes_of_tokens_are_told_by_name()
    {
        await using RunningServer server = await RunningServer.StartAsync([_folder.StoreSetting, _folder.AuditSetting]);
        CreatedToken created = await server.Get<TokenStore>().CreateAsync("ci", Grants.Parse(["kinds=http"]), "anna");
        await server.Get<TokenStore>().RevokeAsync("ci", "anna");

        (await _folder.AuditAsync("tokensReloaded", atLeast: 2))[1].ShouldContain("\"added\":[],\"removed\":[\"ci\"],\"changed\":[]");
        (await _folder.AuditAsync("tokenCreated")).Single().ShouldContain("\"token\":\"ci\",\"grants\":\"public kinds=http\",\"by\":\"anna\"");
        (await _folder.AuditAsync("tokenRevoked")).Single().ShouldContain("\"token\":\"ci\",\"by\":\"anna\"");
        _folder.AuditLines().ShouldNotContain(l => l.Contains(created.Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_was_rotated_away_is_begun_anew()
    {
        await using RunningServer server = await RunningServer.StartAsync([_folder.AuditSetting]);
        await Knock.AtAsync(server, null);
        server.Get<AuditLog>().AdminLogin(null, "203.0.113.7", allowed: false);
        await _folder.AuditAsync("adminRefused");

        File.Move(_folder.AuditPath, _folder.AuditPath + ".1");
        server.Get<AuditLog>().AdminLogin(null, "203.0.113.8", allowed: false);

        (await _folder.AuditAsync("adminRefused")).Single().ShouldContain("203.0.113.8");
        File.GetUnixFileMode(_folder.AuditPath).HasFlag(UnixFileMode.OtherRead).ShouldBeFalse();
    }

    [Fact]
    public async Task With_a_dash_the_lines_are_in_the_servers_log()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_AUDIT_LOG", "-")]);

        server.Get<AuditLog>().AdminLogin(null, "203.0.113.7", allowed: false);

        server.Logs.Lines.ShouldContain(l => l.Level == LogLevel.Information && l.Category == "Ggrok.Audit"
            && l.Message.Contains("\"event\":\"adminRefused\",\"remote\":\"203.0.113.7\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lines_without_room_are_counted_and_nobody_waits_for_a_file_that_is_held()
    {
        var file = new AuditFile(_folder.AuditPath, TimeProvider.System, NullLogger.Instance, queueLength: 10);
        var log = new AuditLog(file, TimeProvider.System);
        int taken = 0;
        using (var held = new FileStream(_folder.AuditPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            // How many the writer has in its hands is its own affair: until one finds no room.
            while (file.Lost == 0 && taken < 1_000_000)
            {
                log.AdminLogin(null, "203.0.113.7", allowed: false);
                taken++;
            }
        }

        await file.DisposeAsync();

        string[] lines = _folder.AuditLines();
        long lost = lines.Where(l => l.Contains("linesLost", StringComparison.Ordinal)).Sum(l => Parse([l]).GetProperty("lines").GetInt64());
        lost.ShouldBeGreaterThan(0);
        (lines.Count(l => l.Contains("adminRefused", StringComparison.Ordinal)) + lost).ShouldBe(taken);
    }

    [Fact]
    public async Task Whatever_goes_wrong_costs_lines_and_not_the_writer()
    {
        using var logs = new RecordingLogs();
        var file = new AuditFile(_folder.AuditPath + "\0", TimeProvider.System, logs.CreateLogger("audit"));
        var log = new AuditLog(file, TimeProvider.System);

        for (int i = 1; i <= 3; i++)
        {
            log.AdminLogin(null, "203.0.113.7", allowed: false);
            await Eventually.BecomesAsync(() => Task.FromResult(file.Lost), i);
        }

        logs.Lines.Single().Message.ShouldContain("cannot be written");
        await file.DisposeAsync();
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_complained_of_once_and_the_server_goes_on()
    {
        Directory.CreateDirectory(_folder.AuditPath);
        await using RunningServer server = await RunningServer.StartAsync([_folder.AuditSetting]);
        foreach (int i in Enumerable.Range(0, 3))
        {
            await using RunningClient client = Start(server, null, t => t with { Path = $"/{i}" });
            await client.Events.NextReadyAsync();
        }

        await Eventually.BecomesAsync(() => Task.FromResult(Complaints()), 1);
        Directory.Delete(_folder.AuditPath);
        await Eventually.BecomesAsync(async () =>
        {
            server.Get<AuditLog>().AdminLogin(null, "203.0.113.7", allowed: false);
            await Task.Yield();
            return _folder.AuditLines().Any(l => l.Contains("linesLost", StringComparison.Ordinal));
        }, true);
        Complaints().ShouldBe(1);

        int Complaints() => server.Logs.Lines.Count(l => l.Level == LogLevel.Error && l.Message.Contains("cannot be written", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder.AuditPath))
        {
            Directory.Delete(_folder.AuditPath);
        }

        _folder.Dispose();
    }

    private static RunningClient Start(RunningServer server, string? token, Func<LocalTunnel, LocalTunnel> tunnel) =>
        new(RunningClient.Options(server.Url, server.Url, tunnel, token));

    private static JsonElement Parse(List<string> lines) => JsonDocument.Parse(lines.Single()).RootElement;
}
