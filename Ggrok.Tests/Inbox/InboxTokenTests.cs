using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Tests.Testing;
using Ggrok.Tests.Tokens;

namespace Ggrok.Tests.Inbox;

/// <summary>Names and requests of tokens that end.</summary>
public sealed class InboxTokenTests : IDisposable
{
    private readonly TokenFolder _folder = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_revoked_token_takes_its_names_and_requests_with_it(bool isHere)
    {
        string secret = await _folder.CreateAsync("doomed");
        await using InboxScene scene = await InboxScene.StartAsync(settings: [_folder.StoreSetting]);
        await scene.StartClientAsync(token: secret);
        await scene.StoreAsync("/", "one");
        RunningClient client = scene.Client;
        if (!isHere)
        {
            await scene.StopClientAsync();
        }

        (await _folder.Store().RevokeAsync("doomed", "test")).ShouldBeTrue();

        await Eventually.BecomesAsync(
            async () =>
            {
                using HttpResponseMessage answer = await scene.PostAsync("/", "two");
                return answer.StatusCode;
            },
            HttpStatusCode.NotFound);
        await Eventually.BecomesAsync(() => Task.FromResult(Kept(scene)), 0);
        if (isHere)
        {
            (await client.Exit).Code.ShouldBe(ExitCode.TokenRefused);
        }
    }

    [Fact]
    public async Task A_token_that_was_revoked_while_the_server_did_not_run_has_no_names_either()
    {
        string secret = await _folder.CreateAsync("doomed");
        await using InboxScene scene = await InboxScene.StartAsync(settings: [_folder.StoreSetting]);
        await scene.StartClientAsync(token: secret);
        await scene.StopClientAsync();
        await scene.StoreAsync("/", "one");
        await scene.StopServerAsync();
        (await _folder.Store().RevokeAsync("doomed", "test")).ShouldBeTrue();

        await scene.StartServerAsync();

        using HttpResponseMessage answer = await scene.PostAsync("/", "two");
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await Eventually.BecomesAsync(() => Task.FromResult(Kept(scene)), 0);
    }

    [Fact]
    public async Task Names_that_are_kept_count_towards_the_limit_of_their_token()
    {
        await using InboxScene scene = await InboxScene.StartAsync(settings: [("GGROK_MAX_TUNNELS_PER_TOKEN", "1")]);
        await scene.BeAwayAsync();
        var second = new RunningClient(RunningClient.Options(scene.Url, new Uri("http://127.0.0.1:9"), t => t with { Path = "/other" }, id: scene.ClientId));

        await Eventually.BecomesAsync(() => Task.FromResult(scene.Server.Logs.Lines.Any(l => l.Message.Contains("TooManyTunnels", StringComparison.Ordinal))), true);
        await second.DisposeAsync();

        // It is its own place that it comes back to.
        await scene.StartClientAsync();
    }

    public void Dispose() => _folder.Dispose();

    private static int Kept(InboxScene scene) => Directory.GetFiles(scene.Folder, "*.*", SearchOption.AllDirectories)
        .Count(f => f.EndsWith(".item", StringComparison.Ordinal) || f.EndsWith(".tunnel", StringComparison.Ordinal));
}
