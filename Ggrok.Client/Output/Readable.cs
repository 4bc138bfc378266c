using System.Globalization;

namespace Ggrok.Client.Output;

/// <summary>Numbers as people read them: short, with a unit.</summary>
internal static class Readable
{
    private const double Kibi = 1024;

    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB"];

    /// <summary>Such as <c>3.1 ms</c>, <c>12.5 s</c>, <c>3m 12s</c> and <c>2h 05m</c>.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalMilliseconds: < 99.95 } => Text($"{time.TotalMilliseconds:0.0} ms"),
        { TotalMilliseconds: < 999.5 } => Text($"{time.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 59.95 } => Text($"{time.TotalSeconds:0.0} s"),
        _ => Long(TimeSpan.FromSeconds(Math.Round(time.TotalSeconds))),
    };

    /// <summary>Milliseconds as a duration.</summary>
    public static string Milliseconds(double milliseconds) => Duration(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>Such as <c>512 B</c>, <c>2.1 KiB</c> and <c>34 MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        if (bytes < Kibi)
        {
            return Text($"{bytes} B");
        }

        double size = bytes / Kibi;
        int unit = 0;
        for (; size >= 999.5 && unit < Units.Length - 1; unit++)
        {
            size /= Kibi;
        }

        return size < 9.95 ? Text($"{size:0.0} {Units[unit]}") : Text($"{size:0} {Units[unit]}");
    }

    /// <summary>Such as <c>12,345</c>.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Such as <c>1 request</c> and <c>12,345 requests</c>.</summary>
    public static string Count(long count, string one) => count == 1 ? "1 " + one : $"{Count(count)} {one}s";

    /// <summary>Such as <c>0.2/s</c> and <c>1,250/s</c>.</summary>
    public static string PerSecond(double rate) => rate < 9.95 ? Text($"{rate:0.0}/s") : Text($"{rate:N0}/s");

    private static string Long(TimeSpan time) => time switch
    {
        { TotalMinutes: < 60 } => Text($"{time.Minutes}m {time.Seconds:00}s"),
        { TotalHours: < 24 } => Text($"{time.Hours}h {time.Minutes:00}m"),
        _ => Text($"{time.Days}d {time.Hours:00}h"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
