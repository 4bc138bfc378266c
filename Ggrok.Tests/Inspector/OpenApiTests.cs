using System.Net;
using System.Text.Json;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector;

/// <summary>The description of the API and the API are the same.</summary>
public class OpenApiTests
{
    [Fact]
    public async Task Every_operation_that_is_described_exists()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask);
        JsonElement document = await scene.GetAsync("/api/openapi.json");
        foreach ((string path, HttpMethod method, _) in OpenApiForm.Operations(document))
        {
            using var request = new HttpRequestMessage(method, path.Replace("{number}", "7", StringComparison.Ordinal).Replace("{other}", "8", StringComparison.Ordinal).Replace("{name}", "none", StringComparison.Ordinal).Replace("{id}", "01JD0000000000000000000000", StringComparison.Ordinal));
            using HttpResponseMessage response = await scene.Api.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

            response.StatusCode.ShouldNotBe(HttpStatusCode.MethodNotAllowed, path);
            if (!response.IsSuccessStatusCode)
            {
                response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json", $"{method} {path}: {(int)response.StatusCode}");
                (await response.Content.ReadAsStringAsync()).ShouldNotContain("There is nothing here");
            }
        }
    }

    [Fact]
    public async Task Whatever_changes_something_is_described_as_in_need_of_the_secret()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask);
        JsonElement document = await scene.GetAsync("/api/openapi.json");
        foreach ((string path, HttpMethod method, JsonElement operation) in OpenApiForm.Operations(document))
        {
            operation.TryGetProperty("security", out _).ShouldBe(method != HttpMethod.Get, $"{method} {path}");
        }
    }

    [Fact]
    public async Task What_is_told_has_the_form_that_is_described()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("event: tick\ndata: 1\n\n");
        });
        await scene.Visitor.PostAsync("/a?b=c", new StringContent("{}", null, "application/json"));
        await scene.NewestDoneAsync();
        await scene.PostAsync("/api/rules", new { name = "all", header = "X-Never: 1", latencyMs = 1.5, errorRate = 0.5, respond = new { status = 200, body = "a", headers = new string[][] { ["X-A", "b"] } } });
        JsonElement document = await scene.GetAsync("/api/openapi.json");
        foreach (string path in new[]
        {
            "/api/session", "/api/status", "/api/exchanges", "/api/exchanges/{number}", "/api/exchanges/{number}/messages", "/api/stats", "/api/rules", "/api/inbox", "/api/exchanges/{number}/diff/{other}",
        })
        {
            JsonElement schema = OpenApiForm.Answer(document, path, "get", "200");
            JsonElement answer = await scene.GetAsync(path.Replace("{number}", "last", StringComparison.Ordinal).Replace("{other}", "last", StringComparison.Ordinal));
            OpenApiForm.Check(answer, schema, document, path);
        }
    }
}
