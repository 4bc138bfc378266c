using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Server.Tokens;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Tokens;

/// <summary>Somebody who tries tokens, and the colleagues behind the same address.</summary>
public sealed class TokenGuessingTests : IDisposable
{
    private const int Free = 10;

    private readonly TokenFolder _folder = new();

    [Fact]
    public async Task After_some_guesses_no_further_one_is_looked_at_not_even_the_right_one()
    {
        var time = new ManualTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "right")], time: time);
        HttpStatusCode[] statuses = await GuessAsync(server, Free + 3);

        statuses.ShouldBe([.. Enumerable.Repeat(HttpStatusCode.Unauthorized, Free + 1), HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests]);
        Knock refused = await Knock.AtAsync(server, "right");
        (refused.Status, refused.Error, refused.RetryAfter).ShouldBe((HttpStatusCode.TooManyRequests, "TooManyAttempts", TimeSpan.FromSeconds(2)));

        time.Advance(TimeSpan.FromSeconds(2));
        (await Knock.AtAsync(server, "wrong")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await Knock.AtAsync(server, "right")).RetryAfter.ShouldBe(TimeSpan.FromSeconds(4));
        time.Advance(TimeSpan.FromSeconds(4));
        (await Knock.AtAsync(server, "right")).Status.ShouldBe(HttpStatusCode.SwitchingProtocols);
    }

    [Fact]
    public async Task A_made_token_is_let_in_from_a_throttled_address_for_nobody_can_guess_one()
    {
        string made = await _folder.CreateAsync("ci");
        await using RunningServer server = await RunningServer.StartAsync([_folder.StoreSetting]);
        await GuessAsync(server, Free + 1);

        (await Knock.AtAsync(server, made)).Status.ShouldBe(HttpStatusCode.SwitchingProtocols);
        (await Knock.AtAsync(server, made[..^1] + (made[^1] == 'A' ? 'B' : 'A'))).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await Knock.AtAsync(server, "anything else")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task A_flood_of_guesses_at_once_is_looked_at_a_few_times_only()
    {
        var time = new ManualTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "right")], time: time);

        // One after the other begins before any is answered.
        Admission[] begun = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => server.Get<TokenGate>().AdmitAsync($"Bearer guess-{i}", "203.0.113.7").AsTask()));
        HttpStatusCode[] statuses = await Task.WhenAll(Enumerable.Range(0, 400).Select(async i => (await Knock.AtAsync(server, $"guess-{i}")).Status));

        begun.Count(a => a.Wait == TimeSpan.Zero).ShouldBe(Free + 1);

        // Over several connections, those come on top that were being looked at by other threads while the last free one failed.
        statuses.Count(s => s == HttpStatusCode.Unauthorized).ShouldBeInRange(Free + 1, Free + 40);
        statuses.Count(s => s == HttpStatusCode.TooManyRequests).ShouldBeGreaterThan(300);
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_the_visitors_own_address_counts_and_IPv6_by_network()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "right"), ("GGROK_TRUSTED_PROXIES", "127.0.0.1")]);
        for (int i = 0; i <= Free; i++)
        {
            await Knock.AtAsync(server, "wrong", from: "203.0.113.7");
            await Knock.AtAsync(server, "wrong", from: $"2001:db8:1:1::{i + 1:x}");
        }

        (await StatusAsync("203.0.113.7")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await StatusAsync("198.51.100.1, 203.0.113.7")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await StatusAsync("203.0.113.8")).ShouldBe(HttpStatusCode.SwitchingProtocols);
        (await StatusAsync("2001:db8:1:1:ffff::1")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await StatusAsync("2001:db8:1:2::1")).ShouldBe(HttpStatusCode.SwitchingProtocols);

        async Task<HttpStatusCode> StatusAsync(string from) => (await Knock.AtAsync(server, "right", from)).Status;
    }

    [Fact]
    public async Task Without_trust_a_forwarded_address_is_no_way_around()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "right")]);
        for (int i = 0; i <= Free; i++)
        {
            await Knock.AtAsync(server, "wrong", from: $"203.0.113.{i}");
        }

        (await Knock.AtAsync(server, "right", from: "203.0.113.200")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Wrong_expired_revoked_and_unknown_tokens_get_one_answer()
    {
        string revoked = await _folder.CreateAsync("revoked");
        string expired = await _folder.CreateAsync("expired", "expires=2020-01-01");
        await _folder.Store().RevokeAsync("revoked", "test");
        await using RunningServer server = await RunningServer.StartAsync([_folder.StoreSetting, ("GGROK_TOKENS", "right, over expires=2020-01-01")]);

        Knock[] answers = await Task.WhenAll(((string?[])["wrong", "righ", "right1", "over", revoked, expired, null, ""]).Select(t => Knock.AtAsync(server, t)));

        answers.Distinct().Count().ShouldBe(1);
        answers[0].Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Who_brings_no_token_guesses_nothing()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "right")]);
        for (int i = 0; i < 3 * Free; i++)
        {
            await Knock.AtAsync(server, null);
        }

        (await Knock.AtAsync(server, "right")).Status.ShouldBe(HttpStatusCode.SwitchingProtocols);
    }

    [Fact]
    public async Task A_client_waits_as_long_as_it_is_told()
    {
        var time = new ManualTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "right")], time: time);
        await GuessAsync(server, Free + 1);
        await using var client = new RunningClient(RunningClient.Options(server.Url, server.Url, token: "right"));

        (string reason, TimeSpan retryIn) = await client.Events.NextLostAsync();
        time.Advance(TimeSpan.FromSeconds(2));

        reason.ShouldBe("The server saw too many unknown tokens from this address and makes it wait.");
        retryIn.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(2));
        await client.Events.NextReadyAsync();
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<HttpStatusCode[]> GuessAsync(RunningServer server, int times)
    {
        var statuses = new List<HttpStatusCode>();
        for (int i = 0; i < times; i++)
        {
            statuses.Add((await Knock.AtAsync(server, $"guess-{i}")).Status);
        }

        return [.. statuses];
    }
}
