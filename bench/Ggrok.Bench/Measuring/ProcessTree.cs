using System.Globalization;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Measuring;

/// <summary>One end of a peer: a process and its children, by the kernel's own account.</summary>
internal sealed class ProcessTree(string name, BackgroundProcess root) : IDisposable
{
    // USER_HZ: what /proc counts in, 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    public string Name => name;

    public BackgroundProcess Root => root;

    /// <summary>CPU seconds, user and system, including children that have ended.</summary>
    public double CpuSeconds => Pids().Sum(CpuSecondsOf);

    /// <summary>Sum over the processes of the highest resident memory since the start or <see cref="ResetPeak"/>, in MiB.</summary>
    public double PeakMebibytes => Pids().Sum(PeakOf);

    /// <summary>Lets the kernel note the peak anew from what is resident now.</summary>
    public void ResetPeak()
    {
        foreach (int pid in Pids())
        {
            Try(() =>
            {
                File.WriteAllText($"/proc/{pid}/clear_refs", "5");
                return 0;
            });
        }
    }

    public void Dispose() => root.Dispose();

    private IEnumerable<int> Pids() => root.HasExited ? [] : Descendants(root.Id).Prepend(root.Id).ToList();

    private static IEnumerable<int> Descendants(int pid) => ChildrenOf(pid).SelectMany(child => Descendants(child).Prepend(child));

    // Children are listed under the thread that started them.
    private static List<int> ChildrenOf(int pid) => Try<List<int>>(() =>
        [.. Directory.GetDirectories($"/proc/{pid}/task")
            .SelectMany(thread => File.ReadAllText(thread + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(child => int.Parse(child, CultureInfo.InvariantCulture))]) ?? [];

    private static double CpuSecondsOf(int pid) => Try(() =>
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");

        // After the name in brackets: utime, stime, and the same of children that were waited for, are fields 11 to 14.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[11..15].Sum(f => double.Parse(f, CultureInfo.InvariantCulture)) / TicksPerSecond;
    });

    private static double PeakOf(int pid) => Try(() =>
    {
        string? line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    });

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
