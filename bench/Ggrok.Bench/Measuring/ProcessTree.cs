using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Measuring;

/// <summary>One end of a peer: a process and its children.</summary>
internal sealed class ProcessTree(string name, BackgroundProcess root) : IDisposable
{
    public string Name => name;

    public BackgroundProcess Root => root;

    /// <summary>CPU seconds, user and system, including children that have ended.</summary>
    public double CpuSeconds => Pids.Sum(Accounts.CpuSeconds);

    /// <summary>Sum over the processes of the highest resident memory since the start or <see cref="ResetPeak"/>, in MiB.</summary>
    public double PeakMebibytes => Pids.Sum(Accounts.PeakMebibytes);

    /// <summary>Memory that is resident now, in KiB.</summary>
    public double ResidentKibibytes => Pids.Sum(Accounts.ResidentKibibytes);

    private List<int> Pids => root.HasExited ? [] : Accounts.Tree(root.Id);

    /// <summary>Lets the kernel note the peak anew from what is resident now.</summary>
    public void ResetPeak() => Pids.ForEach(Accounts.ResetPeak);

    public void Dispose() => root.Dispose();
}
