using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tokens;

/// <summary>Tokens as <c>GGROK_TOKENS</c> and its file have them: a secret or its hash, and the words of its grants behind it.</summary>
internal static class TokenLines
{
    /// <summary>The tokens between the commas of a setting.</summary>
    /// <param name="setting">Its name, for complaints.</param>
    /// <param name="text">Its value.</param>
    /// <param name="complaints">Takes what is wrong.</param>
    public static List<TokenEntry> OfSetting(string setting, string text, List<string> complaints)
    {
        string[] parts = text.Split(',');
        foreach ((string part, string next) in parts.Zip(parts.Skip(1)))
        {
            // "kinds=http,tcp" would be a token "tcp" that may do everything.
            if (GrantWords.EndsWithNewList(WordsOf(part).LastOrDefault("")) && next.Length > 0 && !char.IsWhiteSpace(next[0]) && WordsOf(next).Length == 1)
            {
                complaints.Add($"{setting}: the values of {WordsOf(part)[^1].Split('=')[0]}= are separated by |; a further token comes after a comma and a space");
            }
        }

        return Parse(setting, parts, TokenSource.Settings, complaints);
    }

    /// <summary>The tokens of a file.</summary>
    /// <exception cref="TokenFileException">It cannot be read, or something in it is wrong.</exception>
    public static List<TokenEntry> OfFile(string setting, string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenFileException($"{setting}: cannot read {path}: {e.Message}");
        }

        var complaints = new List<string>();
        List<TokenEntry> tokens = Parse(setting, lines.Select(l => l.Split('#')[0]), TokenSource.File, complaints);

        // Also what an editor leaves for a moment: it must neither open a server nor end what runs.
        if (tokens.Count == 0 && complaints.Count == 0)
        {
            complaints.Add($"{setting}: {path} holds no token; add one or remove the setting");
        }

        return complaints.Count == 0 ? tokens : throw new TokenFileException(string.Join("\n  ", complaints));
    }

    /// <summary>What is wrong with tokens beside each other; null when nothing is.</summary>
    public static string? Clash(IReadOnlyList<TokenEntry> tokens)
    {
        if (tokens.GroupBy(t => t.Key, StringComparer.Ordinal).Any(same => same.DistinctBy(t => GrantWords.Write(t.Grants, t.Name), StringComparer.Ordinal).Skip(1).Any()))
        {
            return "a token is written twice with different grants; write it once with all of them";
        }

        string? name = tokens.Where(t => t.Name is not null).GroupBy(t => t.Name, StringComparer.Ordinal).FirstOrDefault(same => same.DistinctBy(t => t.Key).Skip(1).Any())?.Key;
        return name is null ? null : $"two tokens are named {name}; give each a name of its own";
    }

    // A complaint does not show what may be a secret.
    private static List<TokenEntry> Parse(string setting, IEnumerable<string> lines, TokenSource source, List<string> complaints)
    {
        var tokens = new List<TokenEntry>();
        foreach (string[] words in lines.Select(WordsOf).Where(w => w.Length > 0))
        {
            try
            {
                tokens.Add(Parse(words, source));
            }
            catch (FormatException e)
            {
                complaints.Add($"{setting}: {e.Message}");
            }
        }

        return tokens;
    }

    private static TokenEntry Parse(string[] words, TokenSource source)
    {
        string secret = words[0];
        if (secret.Any(c => c is <= ' ' or > '~'))
        {
            throw new FormatException("a token has characters outside ASCII; use letters, digits and punctuation");
        }

        // The grants of a token that was forgotten would be a token that may do everything.
        if (GrantWords.IsGrant(secret))
        {
            throw new FormatException($"grants need a token in front of them; write TOKEN {Printable.Clean(secret.Split('=')[0])}…");
        }

        byte[] hash = !TokenSecret.IsHash(secret) ? TokenSecret.HashOf(secret)
            : TokenSecret.ReadHash(secret) ?? throw new FormatException("behind sha256: come the 64 hexadecimal digits of a token's hash, as tokens create --print writes them");
        (Grants grants, string? name) = GrantWords.Parse(words[1..]);
        return new TokenEntry { Hash = hash, Grants = grants, Name = name, Source = source };
    }

    private static string[] WordsOf(string text) => text.Split((char[])[' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
}
