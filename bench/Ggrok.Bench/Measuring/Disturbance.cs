using System.Diagnostics;

namespace Ggrok.Bench.Measuring;

/// <summary>What others took of the machine while it was measured: a table from a busy machine should say so itself.</summary>
internal sealed class Disturbance
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly (double Working, double Stolen) _machine = ReadMachine();
    private readonly double _own = ReadOwn();

    /// <summary>Percent of one core that processes outside the bench used.</summary>
    public double OthersPercent => Percent(Math.Max(0, ReadMachine().Working - _machine.Working - (ReadOwn() - _own)));

    /// <summary>Percent of one core that the hypervisor gave to other machines.</summary>
    public double StolenPercent => Percent(ReadMachine().Stolen - _machine.Stolen);

    private double Percent(double seconds) => seconds / Stopwatch.GetElapsedTime(_started).TotalSeconds * 100;

    // Every peer, wrk and curl is a descendant of this process.
    private static double ReadOwn() => Accounts.Tree(Environment.ProcessId).Sum(Accounts.CpuSeconds);

    // "cpu  user nice system idle iowait irq softirq steal": interrupts are left out, as they are charged to no process.
    private static (double Working, double Stolen) ReadMachine()
    {
        string[] fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (fields[1..4].Sum(Accounts.Seconds), fields.Length > 8 ? Accounts.Seconds(fields[8]) : 0);
    }
}
