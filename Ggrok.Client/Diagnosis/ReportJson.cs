using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ggrok.Client.Diagnosis;

/// <summary>The checks for programs: one JSON object a line. The field names are documented in <c>docs/cli.md</c> and stay as they are.</summary>
internal sealed class ReportJson(TextWriter output, TimeProvider time) : IReportOutput
{
    public void Begin(CheckName check)
    {
    }

    public void Write(CheckReport report) => Write(new ReportLine("check", time.GetUtcNow())
    {
        Check = report.Check.ToWire(),
        Result = report.Finding.Result.ToString().ToLowerInvariant(),
        Found = report.Finding.Found,
        Advice = report.Finding.Advice,
        DurationMs = Milliseconds(report.Duration),
        Measured = report.Finding.Measured,
    });

    public void Finish(Uri? server, IReadOnlyList<CheckReport> reports) => Write(new ReportLine("summary", time.GetUtcNow())
    {
        Server = server?.GetLeftPart(UriPartial.Authority),
        Passed = Count(reports, CheckResult.Pass),
        Warned = Count(reports, CheckResult.Warn),
        Failed = Count(reports, CheckResult.Fail),
        Skipped = Count(reports, CheckResult.Skipped),
        DurationMs = Milliseconds(reports.Aggregate(TimeSpan.Zero, (sum, r) => sum + r.Duration)),
    });

    private static int Count(IEnumerable<CheckReport> reports, CheckResult result) => reports.Count(r => r.Finding.Result == result);

    private static double Milliseconds(TimeSpan duration) => Math.Round(duration.TotalMilliseconds, 3);

    private void Write(ReportLine line) => output.WriteLine(JsonSerializer.Serialize(line, ReportLines.Default.ReportLine));
}

/// <summary>One line of <see cref="ReportJson"/>; fields that do not concern the event are left out.</summary>
internal sealed record ReportLine(string Event, DateTimeOffset Time)
{
    public string? Check { get; init; }

    public string? Result { get; init; }

    public string? Found { get; init; }

    public string? Advice { get; init; }

    public string? Server { get; init; }

    public int? Passed { get; init; }

    public int? Warned { get; init; }

    public int? Failed { get; init; }

    public int? Skipped { get; init; }

    public double? DurationMs { get; init; }

    public IReadOnlyDictionary<string, double>? Measured { get; init; }
}

/// <summary>Source-generated JSON of <see cref="ReportLine"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReportLine))]
internal sealed partial class ReportLines : JsonSerializerContext;
