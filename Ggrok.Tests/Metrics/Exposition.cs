using System.Globalization;
using System.Text.RegularExpressions;

namespace Ggrok.Tests.Metrics;

/// <summary>One line with a value.</summary>
internal sealed record MetricSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>What stands below one TYPE line.</summary>
internal sealed record MetricFamily(string Name, string Type, List<MetricSample> Samples);

/// <summary>
/// Reads the Prometheus text format 0.0.4 and OpenMetrics 1.0, and is strict: whatever the specifications do not allow, or that
/// would make a scraper drop a series, throws.
/// </summary>
internal sealed partial class Exposition
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly bool _open;

    private Exposition(bool open)
    {
        _open = open;
    }

    public Dictionary<string, MetricFamily> Families { get; } = new(StringComparer.Ordinal);

    public static Exposition Read(string text, bool openMetrics)
    {
        var exposition = new Exposition(openMetrics);
        text.ShouldEndWith("\n");
        text.ShouldNotContain("\r");
        string[] lines = text[..^1].Split('\n');
        if (openMetrics)
        {
            lines[^1].ShouldBe("# EOF");
            lines = lines[..^1];
        }

        exposition.ReadLines(lines);
        foreach (MetricFamily family in exposition.Families.Values)
        {
            exposition.Check(family);
        }

        return exposition;
    }

    /// <summary>The value of one series.</summary>
    public double Value(string name, params (string Name, string Value)[] labels) => Find(name, labels).ShouldNotBeNull($"there is no {name}").Value;

    public MetricSample? Find(string name, params (string Name, string Value)[] labels) => Families.Values.SelectMany(f => f.Samples)
        .SingleOrDefault(s => s.Name == name && s.Labels.Count == labels.Length && labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value));

    private void ReadLines(string[] lines)
    {
        MetricFamily? current = null;
        string? described = null;
        foreach (string line in lines)
        {
            if (Help().Match(line) is { Success: true } help)
            {
                current = null;
                described = help.Groups["name"].Value;
                help.Groups["text"].Value.ShouldNotBeEmpty();
            }
            else if (Type().Match(line) is { Success: true } type)
            {
                string name = type.Groups["name"].Value;
                name.ShouldBe(described, "HELP stands before TYPE of the same family");
                current = new MetricFamily(name, type.Groups["type"].Value, []);
                Families.TryAdd(name, current).ShouldBeTrue($"{name} is described twice");
            }
            else if (Unit().Match(line) is { Success: true } unit)
            {
                _open.ShouldBeTrue("UNIT is of OpenMetrics");
                current.ShouldNotBeNull().Name.ShouldEndWith("_" + unit.Groups["unit"].Value);
            }
            else
            {
                current.ShouldNotBeNull($"{line} stands in no family").Samples.Add(ReadSample(line));
            }
        }
    }

    private MetricSample ReadSample(string line)
    {
        Match match = Sample().Match(line);
        match.Success.ShouldBeTrue($"not a sample: {line}");
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < match.Groups["label"].Captures.Count; i++)
        {
            string value = Escape().Replace(match.Groups["value"].Captures[i].Value, m => m.Value switch { @"\\" => @"\", "\\\"" => "\"", _ => "\n" });
            labels.TryAdd(match.Groups["label"].Captures[i].Value, value).ShouldBeTrue($"a label twice: {line}");
        }

        string series = match.Groups["name"].Value + string.Join(',', labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));
        _seen.Add(series).ShouldBeTrue($"a series twice: {line}");
        double number = match.Groups["number"].Value == "+Inf" ? double.PositiveInfinity
            : double.Parse(match.Groups["number"].Value, NumberStyles.Float, CultureInfo.InvariantCulture);
        return new MetricSample(match.Groups["name"].Value, labels, number);
    }

    private void Check(MetricFamily family)
    {
        if (family.Type == "histogram")
        {
            CheckHistogram(family);
            return;
        }

        string name = family.Type == "counter" && _open ? family.Name + "_total" : family.Name;
        (family.Type == "counter").ShouldBe(name.EndsWith("_total", StringComparison.Ordinal), family.Name);
        family.Samples.ShouldAllBe(s => s.Name == name);
        family.Samples.ShouldAllBe(s => family.Type != "counter" || s.Value >= 0);
    }

    private void CheckHistogram(MetricFamily family)
    {
        foreach (IGrouping<string, MetricSample> one in family.Samples.GroupBy(s => string.Join(',', s.Labels.Where(l => l.Key != "le").Select(l => $"{l.Key}={l.Value}"))))
        {
            MetricSample[] buckets = [.. one.Where(s => s.Name == family.Name + "_bucket")];
            double[] bounds = [.. buckets.Select(b => b.Labels["le"] == "+Inf" ? double.PositiveInfinity : double.Parse(b.Labels["le"], CultureInfo.InvariantCulture))];
            bounds.ShouldBe(bounds.Order());
            bounds[^1].ShouldBe(double.PositiveInfinity);
            buckets.Select(b => b.Value).ShouldBe(buckets.Select(b => b.Value).Order());
            if (_open)
            {
                buckets.ShouldAllBe(b => b.Labels["le"].Contains('.') || b.Labels["le"] == "+Inf");
            }

            one.Single(s => s.Name == family.Name + "_count").Value.ShouldBe(buckets[^1].Value);
            one.Count(s => s.Name == family.Name + "_sum").ShouldBe(1);
            one.Count().ShouldBe(buckets.Length + 2);
        }
    }

    [GeneratedRegex(@"^# HELP (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<text>.*)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Help();

    [GeneratedRegex(@"^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Type();

    [GeneratedRegex(@"^# UNIT (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<unit>[a-z]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Unit();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>([^"\\\n]|\\[\\"n])*)"(,(?=[a-zA-Z_])|(?=\})))+\})? (?<number>[-+]?[0-9.]+([eE][-+]?[0-9]+)?|\+Inf)$""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Sample();

    [GeneratedRegex(@"\\[\\""n]", RegexOptions.None, 1000)]
    private static partial Regex Escape();
}
