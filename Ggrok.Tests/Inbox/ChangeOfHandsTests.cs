using System.Net;
using System.Text;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Ggrok.Tests.Tokens;

namespace Ggrok.Tests.Inbox;

/// <summary>Names that others have had before, or that have another client by now.</summary>
public sealed class ChangeOfHandsTests : IDisposable
{
    private readonly TokenFolder _folder = new();

    [Fact]
    public async Task What_was_left_behind_by_who_had_the_name_before_is_nobody_elses()
    {
        string alice = await _folder.CreateAsync("alice");
        string bob = await _folder.CreateAsync("bob");
        await using InboxScene scene = await InboxScene.StartAsync(settings: [_folder.StoreSetting]);
        await scene.StartClientAsync(token: alice);
        await scene.StopClientAsync();
        string id = await scene.StoreAsync("/", "for alice", ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "1"));
        await scene.StopServerAsync();

        // Her name is lost, and what waits for it is not.
        foreach (string tunnel in Directory.GetFiles(Path.Combine(scene.Folder, "tunnels")))
        {
            File.Delete(tunnel);
        }

        await scene.StartServerAsync();
        await scene.StartClientAsync(token: bob);
        (await scene.ApiAsync(HttpMethod.Get, "items", token: bob)).Body.GetProperty("items").GetArrayLength().ShouldBe(0);
        (await scene.ApiAsync(HttpMethod.Get, "items/" + id, token: bob)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await scene.ApiAsync(HttpMethod.Delete, "items/" + id, token: bob)).Status.ShouldBe(HttpStatusCode.NotFound);

        // The same delivery of a provider is another one for somebody else.
        (await scene.StoreAsync("/", "for bob", ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "1"))).ShouldNotBe(id);
        await scene.StartAppAsync();
        await scene.ReceivesAsync(1);

        scene.Received.Select(r => r.Body).ShouldBe(["for bob"]);
        await Eventually.BecomesAsync(() => Task.FromResult(Directory.GetFiles(Path.Combine(scene.Folder, "items")).Length), 0);
    }

    [Fact]
    public async Task What_the_disk_does_not_let_go_of_is_removed_when_it_does_and_meanwhile_nothing_is_promised()
    {
        string alice = await _folder.CreateAsync("alice");
        string bob = await _folder.CreateAsync("bob");
        await using InboxScene scene = await InboxScene.StartAsync(settings: [_folder.StoreSetting]);
        await scene.StartClientAsync(token: alice);
        await scene.StopClientAsync();
        await scene.StoreAsync("/", "for alice");

        // The name is given free, and its items cannot be removed.
        string items = Path.Combine(scene.Folder, "items");
        Directory.Move(items, items + "-away");
        (await scene.ApiAsync(HttpMethod.Delete, "tunnels/127.0.0.1?drop=true", token: alice)).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        await scene.StartClientAsync(token: bob);
        using HttpResponseMessage early = await scene.PostAsync("/", "for bob");
        early.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        Directory.Move(items + "-away", items);
        await scene.StoreAsync("/", "for bob");
        await scene.StartAppAsync();
        await scene.ReceivesAsync(1);

        scene.Received.Select(r => r.Body).ShouldBe(["for bob"]);
        await Eventually.BecomesAsync(() => Task.FromResult(Directory.GetFiles(items).Length), 0);
    }

    [Fact]
    public async Task A_token_that_is_narrowed_keeps_the_names_that_it_still_allows_and_what_waits_for_them()
    {
        await File.WriteAllTextAsync(_folder.FilePath, "alice-secret name=alice public\n");
        await using InboxScene scene = await InboxScene.StartAsync(settings: [_folder.FileSetting]);
        TunnelClientOptions options = RunningClient.Options(scene.Url, new Uri("http://127.0.0.1:9"), token: "alice-secret", id: scene.ClientId);
        LocalTunnel one = options.Tunnels[0] with { Path = "/one", Policies = [new PolicyDirective("inbox", "/*")] };
        await using var client = new RunningClient(options with { Tunnels = [one, one with { Name = "two", Path = "/two" }] });
        await client.Events.NextReadyAsync();
        string kept = await scene.StoreAsync("/one/x", "kept");
        string lost = await scene.StoreAsync("/two/x", "lost");

        await File.WriteAllTextAsync(_folder.FilePath, "alice-secret name=alice public paths=/one\n");
        (await client.Exit).Code.ShouldBe(ExitCode.TokenRefused);
        await Eventually.BecomesAsync(
            async () =>
            {
                using HttpResponseMessage answer = await scene.PostAsync("/two/x", "later");
                return answer.StatusCode;
            },
            HttpStatusCode.NotFound);

        (await scene.ApiAsync(HttpMethod.Get, "items/" + kept, token: "alice-secret")).Status.ShouldBe(HttpStatusCode.OK);
        (await scene.ApiAsync(HttpMethod.Get, "items/" + lost, token: "alice-secret")).Status.ShouldBe(HttpStatusCode.NotFound);
        await scene.StoreAsync("/one/x", "later");
    }

    [Fact]
    public async Task A_session_that_was_replaced_does_not_bring_back_how_long_the_name_was_kept()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.StartClientAsync([("inbox", "/*"), ("inbox-max-age", "1h")]);
        await using RunningClient first = scene.Client;
        await scene.StartClientAsync([("inbox", "/*"), ("inbox-max-age", "2h")]);
        await first.Exit;
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Server.Logs.Lines.Any(l => l.Message.Contains("ended: Replaced", StringComparison.Ordinal))), true);

        (await scene.ApiAsync(HttpMethod.Get, "tunnels")).Body.GetProperty("tunnels")[0].GetProperty("maxAgeSeconds").GetInt32().ShouldBe(7200);
    }

    [Fact]
    public async Task Who_starts_or_stops_sharing_a_name_keeps_what_waits_for_it()
    {
        string alice = await _folder.CreateAsync("alice");
        await using InboxScene scene = await InboxScene.StartAsync(settings: [_folder.StoreSetting]);
        await scene.StartClientAsync(token: alice);
        await scene.StopClientAsync();
        await scene.StoreAsync("/", "alone");
        TunnelClientOptions options = RunningClient.Options(
            scene.Url, new Uri("http://127.0.0.1:9"), t => t with { Pool = new PoolRequest(), Policies = [new PolicyDirective("inbox", "/*")] }, alice, scene.ClientId);
        await using (var shared = new RunningClient(options))
        {
            await shared.Events.NextReadyAsync();
            await scene.StoreAsync("/", "shared");
        }

        await scene.StartAppAsync();
        await scene.StartClientAsync(token: alice);
        await scene.ReceivesAsync(2);

        scene.Received.Select(r => r.Body).ShouldBe(["alone", "shared"]);
    }

    public void Dispose() => _folder.Dispose();
}
