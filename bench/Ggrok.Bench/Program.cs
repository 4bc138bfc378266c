using System.Runtime.InteropServices;
using Ggrok.Bench;
using Ggrok.Bench.Programs;

// dotnet run -c Release --project bench/Ggrok.Bench [-- --quick | --help]
using var stop = new CancellationTokenSource();
void OnSignal(PosixSignalContext context)
{
    context.Cancel = true; // Processes and folders are cleaned up first; that takes no second.
    stop.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);

return await new BenchCommand().InvokeAsync(args, RunAsync, stop.Token).ConfigureAwait(false);

static async Task<int> RunAsync(BenchOptions options, CancellationToken stop)
{
    if (!OperatingSystem.IsLinux())
    {
        Console.Error.WriteLine("The bench runs on Linux only: it reads CPU time and memory from /proc and starts Debian's nginx and wrk.");
        return ExitCodes.Usage;
    }

    string[] missing = [.. new[] { "dotnet", "nginx", "wrk", "curl" }.Where(p => !Installed.Has(p))];
    if (missing.Length > 0)
    {
        Console.Error.WriteLine($"The bench needs {string.Join(", ", missing)}. On Debian: apt-get install nginx-light wrk curl");
        return ExitCodes.Usage;
    }

    try
    {
        return await new BenchRun(options).RunAsync(stop).ConfigureAwait(false);
    }
    catch (OperationCanceledException) when (stop.IsCancellationRequested)
    {
        Console.Error.WriteLine("Interrupted; everything that was started has been ended.");
        return ExitCodes.Interrupted;
    }
    catch (Exception e) when (e is InvalidOperationException or IOException)
    {
        Console.Error.WriteLine(e.Message);
        return ExitCodes.Failed;
    }
}
