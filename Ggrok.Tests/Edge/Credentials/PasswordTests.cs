using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Server.Edge.BruteForce;
using Ggrok.Server.Edge.Credentials;
using Ggrok.Server.Edge.Credentials.Basic;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.Credentials;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Credentials;

/// <summary>Users with passwords.</summary>
public class PasswordTests
{
    [Fact]
    public async Task Only_who_knows_a_password_reaches_the_local_service()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("auth", "anna:" + CredentialScene.Hashed("one:two")), ("auth", "Jürgen:" + CredentialScene.Hashed("grün ☃")));

        HttpResponseMessage nobody = await scene.Visitor.GetAsync("/");
        nobody.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        nobody.ErrorOf().ShouldBe(nameof(RelayError.CredentialsRequired));
        nobody.Headers.WwwAuthenticate.ToString().ShouldBe("Basic realm=\"127.0.0.1\", charset=\"UTF-8\"");
        foreach (string wrong in (string[])["anna:two", "anna:one", "anna:", ":one:two", "Anna:one:two", "nobody:one:two", "anna", "Jürgen:one:two"])
        {
            HttpResponseMessage refused = await scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic(wrong));
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, wrong);
            Uniform(refused).ShouldBe(Uniform(nobody));
        }

        (await scene.Visitor.GetAsync("/", "Authorization: Basic !!!")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        scene.Reached.ShouldBe(0);

        (await scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic("anna:one:two"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic("Jürgen:grün ☃").Replace("Basic", "bAsIc", StringComparison.Ordinal))).StatusCode.ShouldBe(HttpStatusCode.OK);
        scene.Reached.ShouldBe(2);
    }

    [Fact]
    public async Task The_local_service_learns_the_user_and_neither_password_nor_what_a_visitor_claims()
    {
        var seen = new List<string>();
        await using EdgeScene scene = await EdgeScene.StartAsync([("auth", "Jürgen:" + CredentialScene.Hashed("secret"))], app: Seen(seen));

        await scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic("Jürgen:secret"), "X-Ggrok-User: admin", "x-ggrok-user: root");

        seen.ShouldBe(["user=Jürgen", "authorization="]);
    }

    [Fact]
    public async Task A_tunnel_without_credentials_keeps_the_field_and_passes_no_claim_of_a_user()
    {
        var seen = new List<string>();
        await using EdgeScene scene = await EdgeScene.StartAsync([], app: Seen(seen));

        await scene.Visitor.GetAsync("/", "Authorization: Basic of-the-app", "X-Ggrok-User: admin");

        seen.ShouldBe(["user=", "authorization=Basic of-the-app"]);
    }

    [Fact]
    public async Task A_right_password_is_computed_once()
    {
        string expensive = PasswordHash.Of("secret", 400_000).ToString();
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("auth", "anna:" + expensive));
        async Task<double> TimeAsync(string password, HttpStatusCode status)
        {
            long start = TimeProvider.System.GetTimestamp();
            (await scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic("anna:" + password))).StatusCode.ShouldBe(status);
            return TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
        }

        await TimeAsync("secret", HttpStatusCode.OK);
        double right = double.MaxValue;
        double wrong = double.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            // In turn: what else the machine does hits both.
            right = Math.Min(right, await TimeAsync("secret", HttpStatusCode.OK));
            wrong = Math.Min(wrong, await TimeAsync($"guess{i}", HttpStatusCode.Unauthorized));
        }

        // A wrong one is computed each time.
        right.ShouldBeLessThan(wrong / 2);
    }

    [Fact]
    public async Task The_tunnels_of_one_owner_cannot_fill_the_queue_of_all()
    {
        using var queue = new PasswordQueue();
        var guesses = new Guesses(new FailureThrottle(TimeProvider.System), new FailureKey(AddressBlock.Of("203.0.113.9")));
        PasswordHash costly = PasswordHash.OfNobody(1_000_000);
        var greedy = new RouteOwner("one", "label", "tenant", IsProven: true);
        Task<FindingKind> Ask(RouteOwner owner) => queue.FitsAsync(costly, "guess"u8.ToArray(), guesses, owner);

        Task<FindingKind>[] first = [.. Enumerable.Range(0, 4).Select(i => Ask(greedy with { ClientId = $"installation {i}" }))];
        Task<FindingKind> fifth = Ask(greedy);
        Task<FindingKind>[] others = [Ask(greedy with { IdentityId = "neighbour" }), Ask(greedy with { IsProven = false }), Ask(greedy with { ClientId = "two", IsProven = false })];

        (await fifth).ShouldBe(FindingKind.Slowed);
        (await Task.WhenAll([.. first, .. others])).ShouldAllBe(f => f == FindingKind.Refused);
        (await Ask(greedy)).ShouldBe(FindingKind.Refused, "the places are free again");
    }

    [Fact]
    public async Task What_a_hash_of_a_client_may_cost_is_bounded_and_the_servers_own_file_may_have_more()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_POLICIES", $"all: {{auth: \"ops:{PasswordHash.OfNobody(1_000_000)}\"}}")]);
        await using var client = new RunningClient(RunningClient.Options(server.Url, server.Url, t => t with { Policies = [new("auth", "anna:" + PasswordHash.OfNobody(400_001))] }));

        ClientExit exit = await client.Exit;

        exit.Code.ShouldBe(ExitCode.Refused);
        exit.Message!.ShouldContain("the hash of anna has 400001 rounds, and a client's may have 400000");
    }

    [Fact]
    public async Task A_browser_may_send_the_password_many_times_at_once()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("auth", "anna:" + CredentialScene.Hashed("secret")));

        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic("anna:secret"))));

        answers.ShouldAllBe(a => a.StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_user_that_there_is_not_costs_as_much_as_a_wrong_password()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("auth", "anna:" + PasswordHash.Of("secret", 400_000)));
        async Task<double> TimeAsync(string user)
        {
            long start = TimeProvider.System.GetTimestamp();
            (await scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic(user + ":wrong"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            return TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
        }

        await TimeAsync("warm");
        double known = double.MaxValue;
        double unknown = double.MaxValue;
        foreach (string user in (string[])["ben", "carl", "dora"])
        {
            // In turn: what else the machine does hits both.
            known = Math.Min(known, await TimeAsync("anna"));
            unknown = Math.Min(unknown, await TimeAsync(user));
        }

        // An answer without the computation takes a hundredth.
        unknown.ShouldBeGreaterThan(known / 4);
    }

    [Fact]
    public async Task Guessing_is_slowed_for_the_address_that_guesses_also_when_it_guesses_at_once()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("auth", "anna:" + CredentialScene.Hashed("secret")));
        string right = "Authorization: " + CredentialScene.Basic("anna:secret");

        Task<HttpResponseMessage> GuessAsync(int i) => scene.Visitor.GetAsync("/", "X-Forwarded-For: 203.0.113.9", "Authorization: " + CredentialScene.Basic($"anna:guess{i}"));
        HttpResponseMessage[] guesses = await Task.WhenAll(Enumerable.Range(0, 40).Select(GuessAsync));
        HttpResponseMessage? slowed = null;
        for (int i = 40; i < 60; i++)
        {
            HttpResponseMessage guess = await GuessAsync(i);
            guesses = [.. guesses, guess];
            if (slowed is null && guess.StatusCode == HttpStatusCode.TooManyRequests
                && await scene.Visitor.GetAsync("/", "X-Forwarded-For: 203.0.113.9", right) is { StatusCode: HttpStatusCode.TooManyRequests } answer)
            {
                slowed = answer;
            }
        }

        // Ten are free; each further one costs twice the wait, which may pass on a machine that is busy.
        guesses.Count(g => g.StatusCode == HttpStatusCode.Unauthorized).ShouldBeInRange(11, 25);
        slowed.ShouldNotBeNull();
        slowed.ErrorOf().ShouldBe(nameof(RelayError.RateLimited));
        slowed.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThan(TimeSpan.Zero);
        (await scene.Visitor.GetAsync("/", "X-Forwarded-For: 203.0.113.10", right)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.Visitor.GetAsync("/", "X-Forwarded-For: 203.0.113.9")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Passwords_of_the_servers_own_file_may_be_plain_or_hashed()
    {
        await using EdgeScene scene = await EdgeScene.OfServerAsync($"all: {{auth: [\"anna:plain\", \"ben:{CredentialScene.Hashed("hashed")}\"]}}");

        (await scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic("anna:plain"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic("ben:hashed"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic("anna:hashed"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic("ben:plain"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task An_upgrade_needs_the_password_too()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("auth", "anna:" + CredentialScene.Hashed("secret")));
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Environment.Server.Url);

        await visitor.SendAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

        (await visitor.ReadUntilAsync("\r\n")).ShouldStartWith("HTTP/1.1 401 ");
        scene.Reached.ShouldBe(0);
    }

    internal static RequestDelegate Seen(List<string> seen) => context =>
    {
        seen.Add("user=" + context.Request.Headers["X-Ggrok-User"]);
        seen.Add("authorization=" + context.Request.Headers.Authorization);
        return context.Response.WriteAsync("ok");
    };

    // All that a visitor sees, but for what each request has of its own.
    private static string Uniform(HttpResponseMessage response) =>
        string.Join('\n', response.Headers.Where(h => h.Key is not ("X-Request-ID" or "Date")).Select(h => $"{h.Key}: {string.Join(',', h.Value)}"));
}
