using System.Text.Json;
using System.Text.RegularExpressions;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Metrics;

/// <summary>The documentation and the Grafana dashboard name what a scrape tells.</summary>
public sealed class MetricsDocumentTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Every_metric_is_documented_with_its_type_and_no_other_is()
    {
        await using MetricsScene scene = await MetricsScene.StartAsync();
        Exposition metrics = await Scraper.ScrapeAsync(scene.Server);
        (string Name, string Type)[] documented = [.. Regex.Matches(Repository.Read("docs", "metrics.md"), @"^\| `([a-z_]+)` \| (counter|gauge|histogram) \|", RegexOptions.Multiline, Soon)
            .Select(m => (m.Groups[1].Value, m.Groups[2].Value))];
        documented.Order().ShouldBe(metrics.Families.Values.Select(f => (f.Name, f.Type)).Order());
    }

    [Fact]
    public async Task Every_name_and_label_in_the_dashboard_exists()
    {
        await using MetricsScene scene = await MetricsScene.StartAsync();
        (await scene.GetAsync("/status/500")).Dispose();
        (await scene.GetAsync("/", host: "unknown.example")).Dispose();
        await Eventually.BecomesAsync(async () => (await Scraper.ScrapeAsync(scene.Server)).Find("ggrok_errors_total", ("tunnel", "none"), ("error", "NoTunnel"))?.Value, 1.0);
        Exposition metrics = await Scraper.ScrapeAsync(scene.Server);
        HashSet<string> names = [.. metrics.Families.Values.SelectMany(f => f.Type == "histogram" ? new[] { f.Name + "_bucket", f.Name + "_sum", f.Name + "_count" } : [f.Name])];
        using JsonDocument dashboard = JsonDocument.Parse(Repository.Read("docs", "grafana-dashboard.json"));
        string[] expressions = [.. Expressions(dashboard.RootElement)];

        expressions.Length.ShouldBeGreaterThan(20);
        foreach (string expression in expressions)
        {
            string[] named = [.. Regex.Matches(expression, @"\b(?:ggrok|http|process|dotnet)_[a-z_]+", default, Soon).Select(m => m.Value)];
            named.ShouldNotBeEmpty(expression);
            named.ShouldAllBe(n => names.Contains(n), expression);
        }

        // Each family is drawn somewhere, but for what never changes.
        string all = string.Join(' ', expressions);
        metrics.Families.Keys.Where(f => !all.Contains(f, StringComparison.Ordinal)).ShouldBe(["ggrok_build_info"]);
    }

    [Fact]
    public void Panels_of_the_dashboard_stand_beside_each_other_and_have_ids_of_their_own()
    {
        using JsonDocument dashboard = JsonDocument.Parse(Repository.Read("docs", "grafana-dashboard.json"));
        JsonElement[] panels = [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()];
        panels.Select(p => p.GetProperty("id").GetInt32()).ShouldBeUnique();
        var taken = new HashSet<(int, int)>();
        foreach (JsonElement at in panels.Select(p => p.GetProperty("gridPos")))
        {
            (int x, int y, int w, int h) = (at.GetProperty("x").GetInt32(), at.GetProperty("y").GetInt32(), at.GetProperty("w").GetInt32(), at.GetProperty("h").GetInt32());
            (x + w).ShouldBeLessThanOrEqualTo(24);
            foreach ((int, int) cell in from column in Enumerable.Range(x, w) from row in Enumerable.Range(y, h) select (column, row))
            {
                taken.Add(cell).ShouldBeTrue();
            }
        }
    }

    private static IEnumerable<string> Expressions(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => p.Name is "expr" or "definition" ? [p.Value.GetString()!] : Expressions(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Expressions),
        _ => [],
    };
}
