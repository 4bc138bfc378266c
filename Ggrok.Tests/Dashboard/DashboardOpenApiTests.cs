using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Ggrok.Tests.Inspector;
using Ggrok.Tests.Metrics;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Dashboard;

/// <summary>The description of the server's API and the API are the same.</summary>
public sealed class DashboardOpenApiTests
{
    [Fact]
    public async Task Every_operation_that_is_described_exists_and_all_but_three_need_an_administrator()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        JsonElement document = await DocumentAsync(scene);
        var open = new List<string>();
        foreach ((string path, HttpMethod method, JsonElement operation) in OpenApiForm.Operations(document))
        {
            string real = path.Replace("{id}", "none", StringComparison.Ordinal).Replace("{name}", "none", StringComparison.Ordinal);
            using HttpResponseMessage outside = await scene.SendAsync(method, real, method == HttpMethod.Post ? new { } : null);
            if (operation.TryGetProperty("security", out _))
            {
                outside.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{method} {path}");
            }
            else
            {
                outside.StatusCode.ShouldNotBe(HttpStatusCode.Unauthorized, $"{method} {path}");
                open.Add($"{method} {path}");
            }

            using HttpResponseMessage answer = await scene.AdminAsync(method, real, method == HttpMethod.Post ? new { } : null);
            answer.StatusCode.ShouldNotBe(HttpStatusCode.MethodNotAllowed, path);
            if (!answer.IsSuccessStatusCode)
            {
                answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json", $"{method} {path}: {(int)answer.StatusCode}");
                (await answer.Content.ReadAsStringAsync()).ShouldNotContain("There is nothing here");
            }
        }

        open.ShouldBe(["GET /api/session", "POST /api/session", "GET /api/openapi.json"]);
    }

    [Fact]
    public async Task What_is_told_has_the_form_that_is_described()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        await scene.VisitAsync("/");
        await scene.VisitAsync("/missing");
        await Eventually.BecomesAsync(async () => (await scene.GetAsync("/api/stats?seconds=60")).GetProperty("points").EnumerateArray().Sum(p => p.GetProperty("requests").GetInt32()), 2);
        JsonElement document = await DocumentAsync(scene);
        foreach (string path in (string[])["/api/session", "/api/tunnels", "/api/sessions", "/api/stats", "/api/tokens"])
        {
            OpenApiForm.Check(await scene.GetAsync(path), OpenApiForm.Answer(document, path, "get", "200"), document, path);
        }

        using HttpResponseMessage made = await scene.AdminAsync(HttpMethod.Post, "/api/tokens", new { name = "ci", grants = "public expires=2099-01-01" });
        OpenApiForm.Check(await made.Content.ReadFromJsonAsync<JsonElement>(), OpenApiForm.Answer(document, "/api/tokens", "post", "201"), document, "POST /api/tokens");
        OpenApiForm.Check(await scene.GetAsync("/api/tokens"), OpenApiForm.Answer(document, "/api/tokens", "get", "200"), document, "/api/tokens");
        using HttpResponseMessage login = await scene.SendAsync(HttpMethod.Post, "/api/session", new { token = Scraper.AdminToken });
        OpenApiForm.Check(await login.Content.ReadFromJsonAsync<JsonElement>(), OpenApiForm.Answer(document, "/api/session", "post", "200"), document, "POST /api/session");
        using HttpResponseMessage refused = await scene.SendAsync(HttpMethod.Get, "/api/tunnels");
        OpenApiForm.Check(await refused.Content.ReadFromJsonAsync<JsonElement>(), document.GetProperty("components").GetProperty("schemas").GetProperty("Problem"), document, "a problem");
    }

    [Fact]
    public async Task What_the_tail_tells_has_the_form_that_is_described()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        JsonElement document = await DocumentAsync(scene);
        JsonElement schemas = document.GetProperty("components").GetProperty("schemas");
        using HttpResponseMessage stream = await scene.AdminAsync(HttpMethod.Get, "/api/tail");
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        await scene.VisitAsync("/");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (seen.Count < 2)
        {
            string? line = await Within.Bound(reader.ReadLineAsync(), "an event");
            if (line is ['e', 'v', 'e', 'n', 't', ':', ' ', .. var name])
            {
                string data = (await Within.Bound(reader.ReadLineAsync(), "data"))!["data: ".Length..];
                JsonElement value = JsonDocument.Parse(data).RootElement;
                OpenApiForm.Check(name == "stats" ? value : value[0], schemas.GetProperty(name == "stats" ? "Point" : "TailEntry"), document, name);
                seen.Add(name);
            }
        }
    }

    private static async Task<JsonElement> DocumentAsync(DashboardScene scene)
    {
        using HttpResponseMessage answer = await scene.SendAsync(HttpMethod.Get, "/api/openapi.json");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
