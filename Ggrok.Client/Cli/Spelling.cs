namespace Ggrok.Client.Cli;

/// <summary>Finds the word that somebody may have meant.</summary>
public static class Spelling
{
    private const int Longest = 64;

    /// <summary>The candidate nearest to <paramref name="wrong"/>; null when none is near enough to be meant.</summary>
    public static string? Nearest(string wrong, IEnumerable<string> candidates)
    {
        // Longer than any candidate and its mistakes could be: not worth the time.
        if (wrong.Length > Longest)
        {
            return null;
        }

        wrong = wrong.ToLowerInvariant();
        string? nearest = candidates.MinBy(c => Distance(c, wrong));
        return nearest is not null && Distance(nearest, wrong) <= Math.Max(1, nearest.Length / 3) ? nearest : null;
    }

    // Optimal string alignment: two swapped letters are one mistake, as they are for a hand on a keyboard.
    private static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                cost[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1,
                    cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }
}
