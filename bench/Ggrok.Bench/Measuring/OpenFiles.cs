using System.Globalization;

namespace Ggrok.Bench.Measuring;

/// <summary>How many files and sockets one process may have open. .NET raises its own limit to this at start.</summary>
internal static class OpenFiles
{
    public static long Limit
    {
        get
        {
            // "Max open files            1024                 524288               files": soft, hard.
            string[] words = File.ReadLines("/proc/self/limits").First(l => l.StartsWith("Max open files", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return long.TryParse(words[4], NumberStyles.None, CultureInfo.InvariantCulture, out long hard) ? hard : long.MaxValue;
        }
    }
}
