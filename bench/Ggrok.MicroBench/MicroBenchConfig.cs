using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Ggrok.MicroBench;

/// <summary>How everything here is measured.</summary>
internal sealed class MicroBenchConfig : ManualConfig
{
    public MicroBenchConfig()
    {
        // In this process: the usual toolchain generates and builds a project for each run, which costs minutes.
        AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithIterationCount(12));
        AddDiagnoser(MemoryDiagnoser.Default);
        AddColumnProvider(DefaultColumnProviders.Instance);
        AddLogger(ConsoleLogger.Default);
        ArtifactsPath = Path.Combine(AppContext.BaseDirectory, "results");
    }
}
