using System.Net;
using System.Text.Json.Nodes;
using Ggrok.Client.Inspector.Rules;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector;

/// <summary>Rules that are made, changed and removed while the client runs.</summary>
public sealed class RulesApiTests
{
    [Fact]
    public async Task Rules_are_added_changed_in_their_place_and_removed()
    {
        await using RulesScene scene = await RulesScene.StartAsync(
            context => context.Response.WriteAsync("local"),
            [new Rule { Name = "of-file", Path = "/f", Response = FixedResponse.OfText(200, "file"), Origin = "ggrok.yml:3: of-file" }]);
        await scene.AddRuleAsync(new { name = "one", method = "get, POST", path = "/a/*", host = "*.test", header = "X-A: b", tunnel = "web", hold = true, latencyMs = 12.5, errorRate = 0.25, errorStatus = 429 });
        await scene.AddRuleAsync(new { name = "two", respond = new { status = 200, body = "two" } });
        (await scene.Visitor.GetStringAsync("/")).ShouldBe("two");

        (await scene.SendAsync(HttpMethod.Put, "/api/rules/two", new { name = "zwei", respond = new { status = 200, body = "zwei" }, hits = 99, origin = "elsewhere" })).Status.ShouldBe(HttpStatusCode.OK);
        (await scene.Visitor.GetStringAsync("/")).ShouldBe("zwei");
        JsonNode fromFile = (await scene.GetAsync("/api/rules"))[0]!;
        fromFile["enabled"] = false;
        (await scene.SendAsync(HttpMethod.Put, "/api/rules/of-file", fromFile.ToJsonString())).Status.ShouldBe(HttpStatusCode.OK);

        JsonArray rules = (await scene.GetAsync("/api/rules")).AsArray();
        rules.Select(r => ((string?)r!["name"], (bool)r["enabled"]!, (string?)r["origin"], (int)r["hits"]!))
            .ShouldBe([("of-file", false, "ggrok.yml:3: of-file", 0), ("one", true, null, 0), ("zwei", true, null, 2)]);
        JsonNode one = rules[1]!;
        ((string?)one["method"], (string?)one["path"], (string?)one["host"], (string?)one["header"], (string?)one["tunnel"]).ShouldBe(("GET,POST", "/a/*", "*.test", "X-A: b", "web"));
        ((bool)one["hold"]!, (double)one["latencyMs"]!, (double)one["errorRate"]!, (int)one["errorStatus"]!, one["respond"]).ShouldBe((true, 12.5, 0.25, 429, null));
        (await scene.SendAsync(HttpMethod.Delete, "/api/rules/zwei")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await scene.Visitor.GetStringAsync("/")).ShouldBe("local");
        (await scene.GetAsync("/api/rules")).AsArray().Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"name":"a b","hold":true}""", "name: \"a b\" cannot name a rule; use letters, digits and - _ . (a letter or digit first), at most 63 characters.")]
    [InlineData("""{"name":"r"}""", "name: r does nothing; say what shall be done: hold, a latency, an error rate or a fixed response.")]
    [InlineData("""{"name":"r","hold":true,"respond":{"status":200}}""", "name: r has hold and a fixed response; keep one of them: who releases a held request can answer it, too.")]
    [InlineData("""{"name":"r","hold":true,"method":"GET POST"}""", "method: \"GET POST\" is no method; write methods separated by commas, such as POST,PUT, or leave them out for any.")]
    [InlineData("""{"name":"r","hold":true,"path":"a"}""", "path: \"a\" is no path; write one as it is sent, such as /checkout/*, where * stands for anything.")]
    [InlineData("""{"name":"r","hold":true,"path":"/a?b"}""", "path: \"/a?b\" has a query, which is not looked at; write the path alone, such as /checkout/*")]
    [InlineData("""{"name":"r","hold":true,"host":"https://a"}""", "host: \"https://a\" is no host; write a name such as shop.example.com or *.example.com")]
    [InlineData("""{"name":"r","hold":true,"header":": b"}""", "header: \": b\" is no header field; write its name, or its name and a part of its value: X-GitHub-Event: push")]
    [InlineData("""{"name":"r","hold":true,"tunnel":"wbe"}""", "tunnel: There is no http tunnel \"wbe\"; did you mean web?")]
    [InlineData("""{"name":"r","latencyMs":-1}""", "latencyMs: A latency is longer than nothing and at most 10m.")]
    [InlineData("""{"name":"r","latencyMs":600001}""", "latencyMs: A latency is longer than nothing and at most 10m.")]
    [InlineData("""{"name":"r","errorRate":1.5}""", "errorRate: \"1.5\" is no share of requests; write it like 10% or 0.1.")]
    [InlineData("""{"name":"r","errorRate":1,"errorStatus":200}""", "errorStatus: \"200\" is no status that can be sent here; write one from 400 to 599, such as 500, 503 or 429.")]
    [InlineData("""{"name":"r","respond":{"status":101}}""", "respond.status: \"101\" is no status that can be sent here; write one from 200 to 599, such as 200, 302 or 404.")]
    [InlineData("""{"name":"r","respond":{"status":200,"headers":[["A B","1"]]}}""", "respond.headers: \"A B\" is no name of a header field; use letters, digits and dashes.")]
    [InlineData("""{"name":"r","respond":{"status":200,"headers":[["A",null]]}}""", "respond.headers: Write each field as a pair of name and value: [[\"Content-Type\", \"text/html\"]].")]
    [InlineData("""{"name":"r","respond":{"body":"a"}}""", "The body cannot be read.")]
    [InlineData("""{"name":"r","latency":5}""", "The body cannot be read.")]
    [InlineData("null", "The body is null.")]
    public async Task A_rule_that_makes_no_sense_is_refused_with_a_sentence(string rule, string title)
    {
        await using RulesScene scene = await RulesScene.StartAsync(context => context.Response.WriteAsync("local"));

        (HttpStatusCode status, JsonNode? problem) = await scene.SendAsync(HttpMethod.Post, "/api/rules", rule);

        (status, (string?)problem!["title"]).ShouldBe((HttpStatusCode.BadRequest, title));
        (await scene.GetAsync("/api/rules")).AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Names_are_unique_and_unknown_ones_bring_the_nearest()
    {
        await using RulesScene scene = await RulesScene.StartAsync(context => context.Response.WriteAsync("local"));
        await scene.AddRuleAsync(new { name = "slow", latencyMs = 1 });
        await scene.AddRuleAsync(new { name = "other", latencyMs = 1 });

        (await scene.SendAsync(HttpMethod.Post, "/api/rules", new { name = "slow", hold = true })).Status.ShouldBe(HttpStatusCode.Conflict);
        (await scene.SendAsync(HttpMethod.Put, "/api/rules/other", new { name = "slow", hold = true })).Status.ShouldBe(HttpStatusCode.Conflict);
        (HttpStatusCode status, JsonNode? problem) = await scene.SendAsync(HttpMethod.Delete, "/api/rules/solw");
        (status, (string?)problem!["title"], (string?)problem["detail"]).ShouldBe((HttpStatusCode.NotFound, "There is no rule \"solw\".", "Did you mean slow?"));
        (await scene.SendAsync(HttpMethod.Put, "/api/rules/nothing", new { name = "nothing", hold = true })).Status.ShouldBe(HttpStatusCode.NotFound);
        scene.Api.DefaultRequestHeaders.Remove("X-Ggrok-Secret");
        (await scene.SendAsync(HttpMethod.Delete, "/api/rules/slow")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_page_is_told_when_rules_change_and_when_they_act()
    {
        await using RulesScene scene = await RulesScene.StartAsync(context => context.Response.WriteAsync("local"));
        using var leave = new CancellationTokenSource(Within.Limit);
        using HttpResponseMessage response = await scene.Api.GetAsync("/api/events", HttpCompletionOption.ResponseHeadersRead, leave.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(leave.Token));
        (await NextRulesAsync()).ShouldBeEmpty();

        await scene.AddRuleAsync(new { name = "mock", respond = new { status = 200, body = "mocked" } });
        (await NextRulesAsync()).Select(r => (int)r!["hits"]!).ShouldBe([0]);
        (await scene.Visitor.GetStringAsync("/")).ShouldBe("mocked");
        (await NextRulesAsync()).Select(r => (int)r!["hits"]!).ShouldBe([1]);

        // Whose hits make up for the change of version.
        await scene.SendAsync(HttpMethod.Delete, "/api/rules/mock");
        (await NextRulesAsync()).ShouldBeEmpty();

        async Task<JsonArray> NextRulesAsync()
        {
            while (await reader.ReadLineAsync(leave.Token) != "event: rules")
            {
            }

            return JsonNode.Parse((await reader.ReadLineAsync(leave.Token))!["data: ".Length..])!.AsArray();
        }
    }
}
