namespace Ggrok.Client.Configuration;

/// <summary>Keys of the configuration file.</summary>
public static class ConfigKeys
{
    /// <summary>Each key with its meaning, in the order in which they are listed.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["host-header"] = "Host header for the local service: rewrite, preserve or a value",
        ["label"] = "who you are, told to people who want a name that you hold",
        ["server"] = "the Ggrok server",
        ["subdomain"] = "subdomain to ask for",
        ["path"] = "path prefix to ask for",
        ["token"] = "registration token",
    };

    /// <summary>The key that somebody may have meant.</summary>
    public static string Nearest(string wrong) => All.Keys.MinBy(k => Distance(k, wrong))!;

    // Levenshtein distance, one row at a time.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
