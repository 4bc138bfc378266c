using System.Globalization;
using Ggrok.Server.Metrics.Prometheus;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Metrics.Process;

/// <summary>What the process itself costs: under the names that Prometheus clients share, and the runtime's below <c>dotnet_</c>.</summary>
internal static class ProcessReport
{
    /// <summary>Writes the families.</summary>
    public static void Write(MetricsText text)
    {
        text.Gauge("ggrok_build_info", "The running version; the value is always 1.");
        text.Sample(1, ("version", ProgramVersion.Current), ("runtime", Environment.Version.ToString()));
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        text.Gauge("process_start_time_seconds", "Start of the process, in seconds since 1970.");
        text.Sample(Math.Round(process.StartTime.ToUniversalTime().Subtract(DateTime.UnixEpoch).TotalSeconds, 2));
        text.Counter("process_cpu_seconds", "User and system time of the process.");
        text.Sample(Math.Round(process.TotalProcessorTime.TotalSeconds, 3));
        text.Gauge("process_resident_memory_bytes", "Resident memory of the process.");
        text.Sample(process.WorkingSet64);
        text.Gauge("process_threads", "Threads of the process.");
        text.Sample(process.Threads.Count);
        WriteFiles(text);
        WriteCollector(text);
        text.Gauge("dotnet_thread_pool_threads", "Threads of the pool.");
        text.Sample(ThreadPool.ThreadCount);
        text.Gauge("dotnet_thread_pool_queue_length", "Work that waits for a thread of the pool.");
        text.Sample(ThreadPool.PendingWorkItemCount);
        text.Counter("dotnet_monitor_lock_contentions", "Waits for a lock that another thread held.");
        text.Sample(Monitor.LockContentionCount);
    }

    // Linux only: there descriptors are what a relay runs out of first.
    private static void WriteFiles(MetricsText text)
    {
        try
        {
            int open = Directory.GetFileSystemEntries("/proc/self/fd").Length;
            text.Gauge("process_open_fds", "Open file descriptors, sockets included.");
            text.Sample(open);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another system.
        }
    }

    private static void WriteCollector(MetricsText text)
    {
        text.Counter("dotnet_gc_collections", "Garbage collections by generation.");
        for (int generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            text.Sample(GC.CollectionCount(generation) - (generation < GC.MaxGeneration ? GC.CollectionCount(generation + 1) : 0),
                ("generation", generation.ToString(CultureInfo.InvariantCulture)));
        }

        text.Counter("dotnet_gc_pause_seconds", "Time for which garbage collections paused the process.");
        text.Sample(GC.GetTotalPauseDuration().TotalSeconds);
        text.Counter("dotnet_gc_allocated_bytes", "Bytes allocated since the start.");
        text.Sample(GC.GetTotalAllocatedBytes());
        text.Gauge("dotnet_gc_heap_bytes", "Bytes on the managed heap.");
        text.Sample(GC.GetTotalMemory(forceFullCollection: false));
        text.Gauge("dotnet_gc_committed_bytes", "Bytes that the managed heap has of the system.");
        text.Sample(GC.GetGCMemoryInfo().TotalCommittedBytes);
    }
}
