using System.Globalization;
using System.Text.RegularExpressions;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Programs;

/// <summary>One run of wrk: rate in requests/s, percentiles in ms.</summary>
internal sealed partial record Wrk(double RequestsPerSecond, double P50, double P99, long Requests)
{
    /// <exception cref="InvalidOperationException">wrk saw a failed request, or said something unknown.</exception>
    public static async Task<Wrk> RunAsync(Entrance entrance, int connections, int seconds, CancellationToken stop)
    {
        string output = await Command.RunAsync(
            "wrk",
            ["-t1", Invariant($"-c{connections}"), Invariant($"-d{seconds}s"), "--timeout", "10s", "--latency", "-H", "Host: " + entrance.Host, entrance.Url + "/small"],
            stop).ConfigureAwait(false);
        Match failures = Failures().Match(output);
        if (failures.Success)
        {
            throw new InvalidOperationException($"wrk saw failures: {failures.Value.Trim()}");
        }

        return new Wrk(Number(Rate(), output), Milliseconds(Half(), output), Milliseconds(Last(), output), (long)Number(Count(), output));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static double Number(Regex pattern, string output)
    {
        Match match = pattern.Match(output);
        return match.Success
            ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException("wrk said something unknown: " + Tail.Of(output));
    }

    private static double Milliseconds(Regex pattern, string output) =>
        Number(pattern, output) * pattern.Match(output).Groups[2].Value switch { "us" => 0.001, "ms" => 1, "s" => 1000, _ => 60_000 };

    [GeneratedRegex(@"(Non-2xx.*|Socket errors.*)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Failures();

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)", RegexOptions.None, 1000)]
    private static partial Regex Rate();

    [GeneratedRegex(@"(\d+) requests in", RegexOptions.None, 1000)]
    private static partial Regex Count();

    [GeneratedRegex(@"^\s+50%\s+([\d.]+)(us|ms|s|m)", RegexOptions.Multiline, 1000)]
    private static partial Regex Half();

    [GeneratedRegex(@"^\s+99%\s+([\d.]+)(us|ms|s|m)", RegexOptions.Multiline, 1000)]
    private static partial Regex Last();
}
