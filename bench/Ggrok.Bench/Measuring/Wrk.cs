using System.Globalization;
using System.Text.RegularExpressions;

namespace Ggrok.Bench.Measuring;

/// <summary>One run of wrk.</summary>
internal sealed partial record Wrk(double RequestsPerSecond, double P50, double P99, long Requests)
{
    public static Wrk Run(string url, int connections, int seconds)
    {
        string output = Shell.Run("wrk", "-t1", $"-c{connections}", $"-d{seconds}s", "--latency", url);
        if (output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"wrk saw failures at {url}: {output}");
        }

        return new Wrk(
            double.Parse(Rate().Match(output).Groups[1].Value, CultureInfo.InvariantCulture),
            Milliseconds(output, "50%"),
            Milliseconds(output, "99%"),
            long.Parse(Count().Match(output).Groups[1].Value, CultureInfo.InvariantCulture));
    }

    private static double Milliseconds(string output, string percentile)
    {
        Match match = Regex.Match(output, percentile + @"\s+([\d.]+)(us|ms|s)", RegexOptions.None, TimeSpan.FromSeconds(1));
        double value = double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        return match.Groups[2].Value switch { "us" => value / 1000, "s" => value * 1000, _ => value };
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)", RegexOptions.None, 1000)]
    private static partial Regex Rate();

    [GeneratedRegex(@"(\d+) requests in", RegexOptions.None, 1000)]
    private static partial Regex Count();
}
