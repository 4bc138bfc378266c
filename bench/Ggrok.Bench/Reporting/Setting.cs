using System.Globalization;
using Ggrok.Bench.Measuring;

namespace Ggrok.Bench.Reporting;

/// <summary>When, where and with what was measured.</summary>
/// <param name="Date">UTC.</param>
/// <param name="Cpu">Model as the kernel names it.</param>
/// <param name="Cores">Cores that the bench may use.</param>
/// <param name="MemoryMebibytes">Memory of the machine.</param>
/// <param name="System">Distribution and kernel.</param>
/// <param name="Versions">Programs that took part.</param>
/// <param name="OthersPercent">Percent of one core that other processes used during the measurements.</param>
/// <param name="StolenPercent">Percent of one core that the hypervisor withheld.</param>
internal sealed record Setting(
    DateTimeOffset Date, string Cpu, int Cores, long MemoryMebibytes, string System, string[] Versions, double OthersPercent, double StolenPercent)
{
    public static async Task<Setting> ReadAsync(string[] peers, Disturbance disturbance, CancellationToken stop)
    {
        (double others, double stolen) = (disturbance.OthersPercent, disturbance.StolenPercent);
        string kernel = (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", stop).ConfigureAwait(false)).Trim();
        string wrk = await Programs.Versions.OfAsync("wrk", "-v", stop).ConfigureAwait(false);
        string curl = await Programs.Versions.OfAsync("curl", "--version", stop).ConfigureAwait(false);
        string distribution = ValueOf("/etc/os-release", "PRETTY_NAME=").Trim('"');
        long kibibytes = long.Parse(ValueOf("/proc/meminfo", "MemTotal:").Split(' ')[0], CultureInfo.InvariantCulture);
        return new Setting(
            DateTimeOffset.UtcNow, ValueOf("/proc/cpuinfo", "model name").TrimStart(':', ' '), Environment.ProcessorCount, kibibytes / 1024,
            $"{distribution}, Linux {kernel}", [.. peers.Where(p => p.Length > 0).Distinct(StringComparer.Ordinal), $".NET {Environment.Version}", wrk, curl], others, stolen);
    }

    private static string ValueOf(string file, string key)
    {
        string? line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal)) : null;
        return line is null ? "unknown" : line[key.Length..].Trim();
    }
}
