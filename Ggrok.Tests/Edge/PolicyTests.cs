using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Server.Hosting;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Edge;

/// <summary>Where policies come from, and which of them count.</summary>
public class PolicyTests
{
    [Fact]
    public async Task Servers_and_clients_policies_both_hold()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync(
            [("allow-ip", "203.0.113.0/24")], [("GGROK_POLICIES", "all: {deny-ip: 203.0.113.9}")]);

        (await scene.FromAsync("203.0.113.9")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await scene.FromAsync("198.51.100.1")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await scene.FromAsync("203.0.113.10")).StatusCode.ShouldBe(HttpStatusCode.OK);
        scene.Reached.ShouldBe(1);
    }

    [Fact]
    public async Task A_section_for_some_tunnels_replaces_the_keys_of_the_section_for_all()
    {
        await using EdgeScene scene = await EdgeScene.OfServerAsync("""
            all:
              allow-ip: 198.51.100.0/24
            tunnels:
              "127.0.*":
                allow-ip: [203.0.113.9, 203.0.113.10]
              other.example.com:
                deny-ip: 0.0.0.0/0
            """);

        (await scene.FromAsync("198.51.100.1")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await scene.FromAsync("203.0.113.10")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_policy_file_counts_when_it_changes_and_a_broken_one_changes_nothing()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("ggrok").FullName, "policies.yml");
        await File.WriteAllTextAsync(file, "all: {deny-ip: 203.0.113.9}");
        await using EdgeScene scene = await EdgeScene.StartAsync([], [("GGROK_POLICY_FILE", file)]);
        (await scene.FromAsync("203.0.113.9")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        await RewriteAsync(file, "all: {deny-ip: everybody}");
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Environment.Server.Logs.Lines.Any(l => l.Message.Contains("everybody", StringComparison.Ordinal))), true);
        (await scene.FromAsync("203.0.113.9")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        await RewriteAsync(file, "all: {deny-ip: 203.0.113.10}");
        await Eventually.BecomesAsync(async () => (await scene.FromAsync("203.0.113.9")).StatusCode, HttpStatusCode.OK);
        (await scene.FromAsync("203.0.113.10")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\uFEFF \r\n\n")]
    public async Task A_policy_file_that_is_emptied_changes_nothing_until_it_says_that_there_are_none(string empty)
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("ggrok").FullName, "policies.yml");
        await File.WriteAllTextAsync(file, empty);
        await using EdgeScene scene = await EdgeScene.StartAsync([], [("GGROK_POLICY_FILE", file)]);
        (await scene.FromAsync("203.0.113.9")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RewriteAsync(file, "all: {deny-ip: 203.0.113.9}");
        await Eventually.BecomesAsync(async () => (await scene.FromAsync("203.0.113.9")).StatusCode, HttpStatusCode.Forbidden);

        await RewriteAsync(file, empty);
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Environment.Server.Logs.Lines.Any(l => l.Message.Contains($"{file} is empty", StringComparison.Ordinal))), true);
        (await scene.FromAsync("203.0.113.9")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        await RewriteAsync(file, "# none");
        await Eventually.BecomesAsync(async () => (await scene.FromAsync("203.0.113.9")).StatusCode, HttpStatusCode.OK);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public async Task A_change_for_another_tunnel_gives_nobody_a_new_limit()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("ggrok").FullName, "policies.yml");
        await File.WriteAllTextAsync(file, "all: {rate-limit: 1/h}");
        await using EdgeScene scene = await EdgeScene.StartAsync([], [("GGROK_POLICY_FILE", file)]);
        (await scene.FromAsync("203.0.113.9")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await RewriteAsync(file, "all: {rate-limit: 1/h}\ntunnels: {other.example.com: {deny-ip: 203.0.113.9}}");
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Environment.Server.Logs.Lines.Any(l => l.Message.Contains("Policies read", StringComparison.Ordinal))), true);

        (await scene.FromAsync("203.0.113.9")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Theory]
    [InlineData("all: {deny-ip: here}", "GGROK_POLICIES:1: deny-ip: \"here\" is neither an address nor a network")]
    [InlineData("all: {deny-op: 10.0.0.1}", "There is no policy \"deny-op\"")]
    [InlineData("some: {deny-ip: 10.0.0.1}", "There is no section \"some\"")]
    [InlineData("tunnels:\n  \"https://my.app\": {deny-ip: 10.0.0.1}", "GGROK_POLICIES:2: \"https://my.app\" names no tunnels")]
    [InlineData("all: {deny-ip: }", "deny-ip: it is empty")]
    [InlineData("all: [1]", "all must be a mapping")]
    [InlineData("all: {deny-ip: \"${GGROK_NO_SUCH}\"}", "the variable GGROK_NO_SUCH is not set")]
    public async Task A_server_with_policies_that_are_not_valid_does_not_start(string yaml, string complaint)
    {
        SettingsException refusal = await Should.ThrowAsync<SettingsException>(async () =>
        {
            await using RunningServer server = await RunningServer.StartAsync([("GGROK_POLICIES", yaml)]);
        });

        refusal.Message.ShouldContain(complaint);
    }

    [Theory]
    [InlineData("allow-ip", "here", "allow-ip: \"here\" is neither an address nor a network")]
    [InlineData("no-such-policy", "1", "no-such-policy: this server knows no such policy")]
    public async Task A_client_with_a_policy_that_the_server_refuses_is_told_which_and_stops(string name, string value, string complaint)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using var client = new RunningClient(RunningClient.Options(server.Url, new Uri("http://127.0.0.1:9"), t => t with { Policies = [new(name, value)] }));

        ClientExit exit = await client.Exit;

        exit.Message.ShouldNotBeNull().ShouldContain(complaint);
    }

    [Fact]
    public async Task While_the_client_is_away_its_policies_still_hold()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TRUSTED_PROXIES", "*"), ("GGROK_RESUME_GRACE", "0")]);
        string home = Directory.CreateTempSubdirectory("ggrok").FullName;
        using var visitor = new HttpClient { BaseAddress = server.Url };
        await using (RunningProgram client = RunningProgram.Start(
            "dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "ggrok.dll")}\" 9 --server {server.Url.AbsoluteUri} --allow-ip 203.0.113.9 --inspect off --log text",
            home, [("HOME", home), ("GGROK_CONFIG", Path.Combine(home, "config.yml"))]))
        {
            await client.LineAsync(server.Url.Authority);
            await Eventually.BecomesAsync(() => ErrorAsync(visitor, "203.0.113.9"), nameof(RelayError.LocalUnreachable));
        }

        await Eventually.BecomesAsync(() => ErrorAsync(visitor, "203.0.113.9"), nameof(RelayError.TunnelAway));
        (await ErrorAsync(visitor, "198.51.100.1")).ShouldBe(nameof(RelayError.AddressDenied));
        Directory.Delete(home, recursive: true);
    }

    // As a whole: written in place a file is empty for a moment, and may be read then.
    private static async Task RewriteAsync(string file, string text)
    {
        await File.WriteAllTextAsync(file + ".new", text);
        File.Move(file + ".new", file, overwrite: true);
    }

    private static async Task<string> ErrorAsync(HttpClient visitor, string address)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("X-Forwarded-For", address);
        using HttpResponseMessage response = await visitor.SendAsync(request);
        return response.Headers.TryGetValues("X-Ggrok-Error", out IEnumerable<string>? names) ? names.Single() : "";
    }
}
