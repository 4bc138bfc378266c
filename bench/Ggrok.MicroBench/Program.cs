using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Ggrok.MicroBench;

// dotnet run -c Release --project bench/Ggrok.MicroBench -- --filter '*'
Summary[] summaries = [.. BenchmarkSwitcher.FromAssembly(typeof(MicroBenchConfig).Assembly).Run(args, new MicroBenchConfig())];

// A benchmark that throws is a line in the summary and no more; whoever runs this in a script should notice.
return summaries.Any(s => s.HasCriticalValidationErrors || s.Reports.Any(r => !r.Success)) ? 1 : 0;
