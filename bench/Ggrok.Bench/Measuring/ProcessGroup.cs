using System.Diagnostics;
using System.Globalization;

namespace Ggrok.Bench.Measuring;

/// <summary>The processes of one peer: their CPU time and memory by the kernel's own account, and their end.</summary>
internal sealed class ProcessGroup : IDisposable
{
    private const double TicksPerSecond = 100;

    private readonly List<Process> _processes = [];

    public void Add(Process process) => _processes.Add(process);

    /// <summary>CPU seconds, user and system, of every process and its children that still run.</summary>
    public double CpuSeconds => Pids().Sum(CpuSecondsOf);

    /// <summary>Highest resident memory of each process in MiB.</summary>
    public string PeakMegabytes => string.Join(" + ", Pids().Select(PeakOf).Where(m => m >= 1).Select(m => m.ToString(CultureInfo.InvariantCulture)));

    public void Dispose()
    {
        foreach (Process process in _processes)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
            }

            process.Dispose();
        }

        _processes.Clear();
    }

    private IEnumerable<int> Pids() => _processes.Where(p => !p.HasExited).SelectMany(p => Children(p.Id).Prepend(p.Id));

    private static IEnumerable<int> Children(int pid)
    {
        string file = $"/proc/{pid}/task/{pid}/children";
        return File.Exists(file)
            ? File.ReadAllText(file).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(t => int.Parse(t, CultureInfo.InvariantCulture)).SelectMany(c => Children(c).Prepend(c))
            : [];
    }

    private static double CpuSecondsOf(int pid)
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    private static int PeakOf(int pid)
    {
        string? line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return line is null ? 0 : int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
