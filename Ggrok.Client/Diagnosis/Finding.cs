using System.Globalization;

namespace Ggrok.Client.Diagnosis;

/// <summary>How a check ended.</summary>
internal enum CheckResult
{
    Pass,
    Warn,
    Fail,
    Skipped,
}

/// <summary>What a check found.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Found">What there is, in a few words.</param>
/// <param name="Advice">One sentence about what to do; null where there is nothing to do.</param>
internal sealed record Finding(CheckResult Result, string Found, string? Advice = null)
{
    /// <summary>Numbers for programs, by name.</summary>
    public IReadOnlyDictionary<string, double>? Measured { get; init; }

    public static Finding Pass(string found) => new(CheckResult.Pass, found);

    public static Finding Warn(string found, string advice) => new(CheckResult.Warn, found, advice);

    public static Finding Fail(string found, string? advice) => new(CheckResult.Fail, found, advice);

    public static Finding Skipped(string why) => new(CheckResult.Skipped, why);

    /// <summary>A failure of which one sentence says both: what is wrong; what to do.</summary>
    public static Finding Fail(string sentence)
    {
        string[] parts = sentence.Split("; ", 2);
        return parts.Length == 1
            ? new Finding(CheckResult.Fail, sentence)
            : new Finding(CheckResult.Fail, parts[0], char.ToUpper(parts[1][0], CultureInfo.InvariantCulture) + parts[1][1..]);
    }
}

/// <summary>A check that is over.</summary>
/// <param name="Check">Which one.</param>
/// <param name="Finding">What it found.</param>
/// <param name="Duration">How long it took.</param>
internal sealed record CheckReport(CheckName Check, Finding Finding, TimeSpan Duration);
