using System.IO.Enumeration;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>What a token allows. A token without grants allows everything.</summary>
public sealed class Grants
{
    private const string ServeWord = "serve=";
    private const string ConnectWord = "connect=";
    private const string PublicWord = "public";
    private const string AnyName = "*";

    private readonly string[] _serve;
    private readonly string[] _connect;

    private Grants(bool isPublic, string[] serve, string[] connect)
    {
        AllowsPublic = isPublic;
        _serve = serve;
        _connect = connect;
    }

    /// <summary>Everything.</summary>
    public static Grants All { get; } = new(true, [AnyName], [AnyName]);

    /// <summary>Tunnels that visitors from anywhere reach: HTTP, TLS, public ports.</summary>
    public bool AllowsPublic { get; }

    /// <summary>
    /// Reads the words behind a token: <c>public</c>, <c>serve=NAME|NAME</c> and <c>connect=NAME|NAME</c>, where a name may
    /// have <c>*</c> for any characters. No word at all allows everything.
    /// </summary>
    /// <exception cref="FormatException">A word is none of these; the message says what to write.</exception>
    public static Grants Parse(IReadOnlyList<string> words)
    {
        if (words.Count == 0)
        {
            return All;
        }

        bool isPublic = false;
        string[] serve = [];
        string[] connect = [];
        foreach (string word in words)
        {
            if (word.Equals(PublicWord, StringComparison.OrdinalIgnoreCase))
            {
                isPublic = true;
            }
            else if (word.StartsWith(ServeWord, StringComparison.OrdinalIgnoreCase))
            {
                serve = [.. serve, .. Patterns(word[ServeWord.Length..])];
            }
            else if (word.StartsWith(ConnectWord, StringComparison.OrdinalIgnoreCase))
            {
                connect = [.. connect, .. Patterns(word[ConnectWord.Length..])];
            }
            else
            {
                throw new FormatException("what follows a token must be public, serve=NAME|NAME or connect=NAME|NAME; a token has no spaces");
            }
        }

        return new Grants(isPublic, serve, connect);
    }

    /// <summary>Whether a word says what a token may do, so that it is no token itself.</summary>
    public static bool IsGrant(string word) =>
        word.Equals(PublicWord, StringComparison.OrdinalIgnoreCase)
        || word.StartsWith(ServeWord, StringComparison.OrdinalIgnoreCase)
        || word.StartsWith(ConnectWord, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a private name may be served.</summary>
    public bool AllowsServing(string name) => Matches(_serve, name);

    /// <summary>Whether connections to a private name may be opened.</summary>
    public bool AllowsConnecting(string name) => Matches(_connect, name);

    private static bool Matches(string[] patterns, string name) =>
        Array.Exists(patterns, p => FileSystemName.MatchesSimpleExpression(p, name));

    private static IEnumerable<string> Patterns(string text)
    {
        foreach (string pattern in text.Split('|'))
        {
            // A star stands where letters may stand.
            if (PrivateName.Normalize(pattern.Replace('*', 'x')) is null)
            {
                throw new FormatException($"\"{Printable.Clean(pattern)}\" is no private name; write letters, digits, - . _ and * for any, separated by |");
            }

            yield return pattern.ToLowerInvariant();
        }
    }
}
