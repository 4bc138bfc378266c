using System.Buffers;

namespace Ggrok.Shared.Protocol;

/// <summary>One field line (RFC 9110 section 5). Values hold one char for each byte (ISO 8859-1), so any bytes survive.</summary>
/// <param name="Name">Field name as it was sent.</param>
/// <param name="Value">Field value without surrounding white space.</param>
public readonly record struct HeaderField(string Name, string Value)
{
    private static readonly SearchValues<char> TokenChars = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // RFC 9110 section 5.5: CR, LF and NUL in a value split messages; chars above 0xFF have no byte.
    private static readonly SearchValues<char> AllowedValueChars = SearchValues.Create(
        Enumerable.Range(0, 256).Select(c => (char)c).Where(c => c is not ('\r' or '\n' or '\0')).ToArray());

    /// <summary>Whether the name is a token (RFC 9110 section 5.6.2).</summary>
    public static bool IsName(ReadOnlySpan<char> name) => name.Length > 0 && !name.ContainsAnyExcept(TokenChars);

    /// <summary>Whether the value can stand in a message without changing its framing.</summary>
    public static bool IsValue(ReadOnlySpan<char> value) => !value.ContainsAnyExcept(AllowedValueChars);
}
