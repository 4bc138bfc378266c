using System.Text.Json;
using Ggrok.Client.Inspector.Compare;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector;

/// <summary>What differs between two responses.</summary>
public class DiffTests
{
    [Fact]
    public async Task Status_fields_and_pretty_printed_JSON_are_compared()
    {
        int visits = 0;
        await using InspectorScene scene = await InspectorScene.StartAsync(async context =>
        {
            bool first = ++visits == 1;
            context.Response.StatusCode = first ? 200 : 404;
            context.Response.Headers["X-Both"] = new(["1", first ? "2" : "3"]);
            context.Response.Headers[first ? "X-First" : "X-Second"] = "here";
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(first ? """{"id":1,"name":"ä","list":[1,2]}""" : """{ "id": 1.0, "name": "ä", "list": [1, 2, 3] }""");
        });
        (await scene.Visitor.GetAsync("/")).Dispose();
        await scene.DoneAsync(1);
        await scene.PostAsync("/api/exchanges/1/replay", new { });

        JsonElement diff = await scene.GetAsync("/api/exchanges/1/diff/2");

        diff.GetProperty("status").ToString().ShouldBe("""{"first":200,"second":404}""");
        diff.GetProperty("durationMs").GetProperty("second").GetDouble().ShouldBeGreaterThan(0);
        diff.GetProperty("bodySame").GetBoolean().ShouldBeFalse();
        string[] fields = [.. diff.GetProperty("headers").EnumerateArray().Where(h => h.GetProperty("name").GetString()!.StartsWith("X-", StringComparison.Ordinal)).Select(h => h.ToString())];
        fields.ShouldBe([
            """{"name":"X-Both","change":"same","first":"1","second":"1"}""",
            """{"name":"X-Both","change":"changed","first":"2","second":"3"}""",
            """{"name":"X-First","change":"removed","first":"here","second":null}""",
            """{"name":"X-Second","change":"added","first":null,"second":"here"}""",
        ]);
        string[] lines = [.. diff.GetProperty("body").EnumerateArray().Select(l => l.GetProperty("change").GetString()![0] + l.GetProperty("text").GetString())];
        lines.ShouldBe(["s{", "r  \"id\": 1,", "a  \"id\": 1.0,", "s  \"name\": \"ä\",", "s  \"list\": [", "s    1,", "r    2", "a    2,", "a    3", "s  ]", "s}"]);
        (await scene.GetAsync("/api/exchanges/1/diff/1")).GetProperty("bodySame").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Bodies_that_are_no_text_are_same_or_not()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(context => context.Response.Body.WriteAsync(new byte[] { 0, 1, 2 }).AsTask());
        (await scene.Visitor.GetAsync("/")).Dispose();
        await scene.DoneAsync(1);
        await scene.PostAsync("/api/exchanges/1/replay", new { });

        JsonElement diff = await scene.GetAsync("/api/exchanges/1/diff/last");

        diff.GetProperty("bodySame").GetBoolean().ShouldBeTrue();
        diff.GetProperty("body").ValueKind.ShouldBe(JsonValueKind.Null);
        (int status, string text) = await InspectorScene.ProblemOf(await scene.Api.GetAsync("/api/exchanges/1/diff/9"));
        status.ShouldBe(404);
        text.ShouldStartWith("There is no exchange 9.");
    }

    [Fact]
    public void The_changes_lead_from_one_text_to_the_other_and_are_as_few_as_can_be()
    {
        var random = new Random(7);
        for (int i = 0; i < 2000; i++)
        {
            string[] first = Lines(random);
            string[] second = Lines(random);

            IReadOnlyList<LineChange> changes = LineDiff.Of(string.Join('\n', first), string.Join('\n', second));

            changes.Where(c => c.Change != "added").Select(c => c.Text).ShouldBe(first);
            changes.Where(c => c.Change != "removed").Select(c => c.Text).ShouldBe(second);
            changes.Count(c => c.Change == "same").ShouldBe(LongestCommon(first, second));
        }
    }

    [Fact]
    public void Texts_with_nothing_in_common_cost_little()
    {
        string first = string.Join('\n', Enumerable.Range(0, 100_000).Select(i => $"a{i}"));
        string second = string.Join('\n', Enumerable.Range(0, 100_000).Select(i => $"b{i}"));
        long before = GC.GetAllocatedBytesForCurrentThread();

        IReadOnlyList<LineChange> changes = LineDiff.Of("head\n" + first + "\ntail", "head\n" + second + "\ntail");

        changes.Count(c => c.Change == "same").ShouldBe(2);
        changes.Count.ShouldBe(200_002);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(80_000_000);
    }

    private static string[] Lines(Random random) => [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => ((char)('a' + random.Next(4))).ToString())];

    private static int LongestCommon(string[] a, string[] b)
    {
        int[,] best = new int[a.Length + 1, b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                best[i, j] = a[i - 1] == b[j - 1] ? best[i - 1, j - 1] + 1 : Math.Max(best[i - 1, j], best[i, j - 1]);
            }
        }

        return best[a.Length, b.Length];
    }
}
