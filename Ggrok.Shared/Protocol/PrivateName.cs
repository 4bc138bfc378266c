using System.Buffers;

namespace Ggrok.Shared.Protocol;

/// <summary>Names of tunnels that have no public address: <c>device-42</c>.</summary>
public static class PrivateName
{
    /// <summary>Characters that a name may have.</summary>
    public const int Longest = 63;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-._");

    /// <summary>The name in lower case; null when it is none: letters, digits, <c>-</c>, <c>.</c> and <c>_</c>, the first one a letter or digit.</summary>
    public static string? Normalize(string text)
    {
        string name = text.ToLowerInvariant();
        bool fits = name.Length is > 0 and <= Longest && !name.AsSpan().ContainsAnyExcept(Allowed) && char.IsAsciiLetterOrDigit(name[0]);
        return fits ? name : null;
    }
}
