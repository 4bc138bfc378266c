namespace Ggrok.Bench.Measuring;

/// <summary>What the ends of a peer use from a moment on.</summary>
internal sealed class Usage
{
    private readonly IReadOnlyList<ProcessTree> _ends;
    private readonly double _before;

    private Usage(IReadOnlyList<ProcessTree> ends)
    {
        _ends = ends;
        _before = ends.Sum(e => e.CpuSeconds);
    }

    /// <summary>CPU seconds of all ends together.</summary>
    public double CpuSeconds => _ends.Sum(e => e.CpuSeconds) - _before;

    /// <summary>Peak memory of each end in MiB.</summary>
    public double[] PeakMebibytes => [.. _ends.Select(e => e.PeakMebibytes)];

    public static Usage Begin(IReadOnlyList<ProcessTree> ends)
    {
        foreach (ProcessTree end in ends)
        {
            end.ResetPeak();
        }

        return new Usage(ends);
    }
}
