using System.Globalization;

namespace Ggrok.Bench.Measuring;

/// <summary>The kernel's accounts of processes, read from <c>/proc</c>. A process that has ended counts as nothing.</summary>
internal static class Accounts
{
    // USER_HZ: what /proc counts in, 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Converts clock ticks as <c>/proc</c> writes them.</summary>
    public static double Seconds(string ticks) => double.Parse(ticks, CultureInfo.InvariantCulture) / TicksPerSecond;

    /// <summary>The process and all below it.</summary>
    public static List<int> Tree(int pid) => [pid, .. ChildrenOf(pid).SelectMany(Tree)];

    /// <summary>CPU seconds, user and system, including children that have ended.</summary>
    public static double CpuSeconds(int pid) => Try(() =>
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");

        // After the name in brackets: utime, stime, and the same of children that were waited for, are fields 11 to 14.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[11..15].Sum(Seconds);
    });

    /// <summary>Highest resident memory since the start or <see cref="ResetPeak"/>, in MiB.</summary>
    public static double PeakMebibytes(int pid) => StatusKibibytes(pid, "VmHWM:") / 1024;

    /// <summary>Memory that is resident now, in KiB.</summary>
    public static double ResidentKibibytes(int pid) => StatusKibibytes(pid, "VmRSS:");

    /// <summary>Lets the kernel note the peak anew from what is resident now.</summary>
    public static void ResetPeak(int pid) => Try(() =>
    {
        File.WriteAllText($"/proc/{pid}/clear_refs", "5");
        return 0;
    });

    private static double StatusKibibytes(int pid, string field) => Try(() =>
    {
        string? line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    });

    // Children are listed under the thread that started them.
    private static List<int> ChildrenOf(int pid) => Try<List<int>>(() =>
        [.. Directory.GetDirectories($"/proc/{pid}/task")
            .SelectMany(thread => File.ReadAllText(thread + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(child => int.Parse(child, CultureInfo.InvariantCulture))]) ?? [];

    // A process may end between being listed and being read.
    private static T? Try<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}
