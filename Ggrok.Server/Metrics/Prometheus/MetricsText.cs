using System.Globalization;
using System.Text;

namespace Ggrok.Server.Metrics.Prometheus;

/// <summary>The two forms of the text.</summary>
internal enum TextForm
{
    /// <summary>Prometheus text format 0.0.4.</summary>
    Prometheus,

    /// <summary>OpenMetrics 1.0.</summary>
    OpenMetrics,
}

/// <summary>
/// Writes families of metrics as text. A family is begun, and what follows are its samples; of counters the family's name is
/// given without <c>_total</c>, which the samples have.
/// </summary>
internal sealed class MetricsText(TextForm form)
{
    private readonly StringBuilder _text = new(16 * 1024);
    private string _family = "";
    private bool _isCounter;

    /// <summary>Content type of the form.</summary>
    public static string ContentType(TextForm form) => form == TextForm.OpenMetrics
        ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
        : "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The form that a scraper asks for (RFC 9110 section 12.5.1): OpenMetrics only if it names that, and not with q=0.</summary>
    public static TextForm Wanted(string accept)
    {
        foreach (string range in accept.Split(','))
        {
            string[] parts = range.Split(';', StringSplitOptions.TrimEntries);
            bool isRefused = parts.Skip(1).Any(p => p is "q=0" or "q=0.0" or "q=0.00" or "q=0.000");
            if (parts[0].Equals("application/openmetrics-text", StringComparison.OrdinalIgnoreCase) && !isRefused)
            {
                return TextForm.OpenMetrics;
            }
        }

        return TextForm.Prometheus;
    }

    /// <summary>Begins a family of values that go up and down.</summary>
    public void Gauge(string name, string help) => Begin(name, "gauge", help);

    /// <summary>Begins a family of values that only grow; the name without <c>_total</c>.</summary>
    public void Counter(string name, string help) => Begin(name, "counter", help);

    /// <summary>Begins a family of distributions.</summary>
    public void Histogram(string name, string help) => Begin(name, "histogram", help);

    /// <summary>A value of the family.</summary>
    public void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) =>
        Line(_isCounter ? "_total" : "", value, labels);

    /// <summary>A distribution of the family.</summary>
    /// <param name="bounds">Upper bounds of the buckets, ascending.</param>
    /// <param name="counts">How many lie up to each bound.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="sum">Their sum.</param>
    /// <param name="label">What tells it apart.</param>
    public void Distribution(ReadOnlySpan<double> bounds, ReadOnlySpan<long> counts, long count, double sum, (string Name, string Value) label)
    {
        for (int i = 0; i < bounds.Length; i++)
        {
            Line("_bucket", counts[i], label, ("le", Number(bounds[i], isBound: true)));
        }

        Line("_bucket", count, label, ("le", "+Inf"));
        Line("_sum", sum, label);
        Line("_count", count, label);
    }

    /// <summary>The whole text.</summary>
    public byte[] Finish()
    {
        if (form == TextForm.OpenMetrics)
        {
            _text.Append("# EOF\n");
        }

        return Encoding.UTF8.GetBytes(_text.ToString());
    }

    private void Begin(string name, string type, string help)
    {
        _family = name;
        _isCounter = type == "counter";

        // The older form knows a counter by the name of its samples.
        string described = _isCounter && form == TextForm.Prometheus ? name + "_total" : name;
        _text.Append("# HELP ").Append(described).Append(' ').Append(help).Append('\n');
        _text.Append("# TYPE ").Append(described).Append(' ').Append(type).Append('\n');
        if (form == TextForm.OpenMetrics && UnitOf(name) is { } unit)
        {
            _text.Append("# UNIT ").Append(name).Append(' ').Append(unit).Append('\n');
        }
    }

    private void Line(string suffix, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(_family).Append(suffix);
        for (int i = 0; i < labels.Length; i++)
        {
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"");
            AppendEscaped(labels[i].Value);
            _text.Append('"');
        }

        _text.Append(labels.Length > 0 ? "} " : " ").Append(Number(value, isBound: false)).Append('\n');
    }

    private void AppendEscaped(string value)
    {
        foreach (char c in value)
        {
            _ = c switch
            {
                '\\' => _text.Append(@"\\"),
                '"' => _text.Append("\\\""),
                '\n' => _text.Append(@"\n"),
                _ => _text.Append(c),
            };
        }
    }

    // OpenMetrics wants bounds to be floats to the eye, and the same text from scrape to scrape.
    private string Number(double value, bool isBound)
    {
        string text = double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);
        return isBound && form == TextForm.OpenMetrics && !text.AsSpan().ContainsAny('.', 'E') ? text + ".0" : text;
    }

    private static string? UnitOf(string name) =>
        name.EndsWith("_seconds", StringComparison.Ordinal) ? "seconds" : name.EndsWith("_bytes", StringComparison.Ordinal) ? "bytes" : null;
}
