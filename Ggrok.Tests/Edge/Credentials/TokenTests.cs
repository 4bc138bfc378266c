using System.Net;
using Ggrok.Client.Cli;
using Ggrok.Shared.Edge;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Credentials;

/// <summary>Bearer tokens and keys in header fields, and how credentials stand to each other.</summary>
public class TokenTests
{
    [Fact]
    public async Task Programs_pass_with_a_token_or_a_key_whichever_they_have()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(
            ("bearer", "first-token"), ("bearer", PolicyKeys.Find("bearer")!.Seal!("second-token")), ("api-key", PolicyKeys.Find("api-key")!.Seal!("X-Api-Key=a secret=1")));

        foreach (string right in (string[])["Authorization: Bearer first-token", "Authorization: bearer second-token", "x-api-key: a secret=1"])
        {
            (await scene.Visitor.GetAsync("/", right)).StatusCode.ShouldBe(HttpStatusCode.OK, right);
        }

        scene.Reached.ShouldBe(3);
        foreach (string wrong in (string[])["Authorization: Bearer first", "Authorization: Bearer ", "Authorization: first-token", "X-Api-Key: a", "X-Other: a secret=1", "Accept: */*"])
        {
            HttpResponseMessage refused = await scene.Visitor.GetAsync("/", wrong);
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, wrong);
            refused.Headers.WwwAuthenticate.Select(c => c.Scheme).ShouldBe(["Bearer", "ApiKey"]);
        }

        scene.Reached.ShouldBe(3);
    }

    [Fact]
    public async Task What_let_a_visitor_pass_stays_at_the_server_and_nothing_else()
    {
        var seen = new List<string>();
        await using EdgeScene scene = await EdgeScene.StartAsync([("bearer", "the-token"), ("api-key", "X-Api-Key=key")], app: context =>
        {
            seen.Add($"{context.Request.Headers.Authorization}|{context.Request.Headers["X-Api-Key"]}");
            return context.Response.WriteAsync("ok");
        });

        await scene.Visitor.GetAsync("/", "Authorization: Bearer the-token", "X-Api-Key: of the app");
        await scene.Visitor.GetAsync("/", "Authorization: Bearer of-the-app", "X-Api-Key: key");

        seen.ShouldBe(["|of the app", "Bearer of-the-app|"]);
    }

    [Fact]
    public async Task A_token_of_the_local_service_beside_a_key_is_no_guess()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("bearer", "the-token"), ("api-key", "X-Api-Key=key"));

        for (int i = 0; i < 30; i++)
        {
            (await scene.Visitor.GetAsync("/", "Authorization: Bearer of-the-app", "X-Api-Key: key")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Guesses_at_tokens_are_slowed()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("bearer", "the-token"));
        for (int i = 0; i < 11; i++)
        {
            (await scene.Visitor.GetAsync("/", $"Authorization: Bearer guess{i}")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        // The first wait is over soon, on a machine that is busy maybe at once; each further guess costs twice the wait.
        int passed = 0;
        HttpStatusCode right;
        for (int i = 11; (right = await RightAsync()) != HttpStatusCode.TooManyRequests && i < 40; i++)
        {
            passed++;
            await scene.Visitor.GetAsync("/", $"Authorization: Bearer guess{i}");
        }

        right.ShouldBe(HttpStatusCode.TooManyRequests);
        scene.Reached.ShouldBe(passed);

        async Task<HttpStatusCode> RightAsync() => (await scene.Visitor.GetAsync("/", "Authorization: Bearer the-token")).StatusCode;
    }

    [Fact]
    public async Task Servers_and_clients_credentials_are_both_wanted_and_one_field_may_be_good_for_both()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync(
            [("auth", "anna:" + CredentialScene.Hashed("shared")), ("api-key", "X-Api-Key=clients")],
            [("GGROK_POLICIES", "all: {auth: [\"anna:shared\", \"ops:servers\"]}")]);

        (await scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic("anna:shared"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic("ops:servers"), "X-Api-Key: clients")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.Visitor.GetAsync("/", "Authorization: " + CredentialScene.Basic("ops:servers"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await scene.Visitor.GetAsync("/", "X-Api-Key: clients")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        scene.Reached.ShouldBe(2);
    }

    [Fact]
    public async Task The_command_line_sends_hashes_only()
    {
        string folder = Directory.CreateTempSubdirectory("ggrok").FullName;
        Ggrok.Client.Connection.TunnelClientOptions? opened = null;
        var commandLine = new CommandLine(TextWriter.Null, TextWriter.Null, false, n => n == "GGROK_CONFIG" ? Path.Combine(folder, "ggrok.yml") : null, (options, _, _) =>
        {
            opened = options;
            return Task.FromResult(new Ggrok.Client.Connection.ClientExit(Ggrok.Client.Connection.ExitCode.Ok, null));
        });

        (await commandLine.InvokeAsync(["3000", "--server", "my.app", "--auth", "anna:secret", "--bearer", "secret-token", "--api-key", "X-Key=secret", "--share"], default)).ShouldBe(0);

        opened!.Tunnels[0].Policies.Select(p => p.Name).ShouldBe(["auth", "bearer", "api-key", "share"]);
        opened.Tunnels[0].Policies.ShouldAllBe(p => !p.Value.Contains("secret", StringComparison.Ordinal));
        Directory.Delete(folder, recursive: true);
    }
}
