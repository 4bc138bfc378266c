using System.IO.Enumeration;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tokens;

/// <summary>What a token allows, and within which limits. A token without grants allows everything but administration.</summary>
public sealed class Grants
{
    private static readonly string[] AnyName = ["*"];

    private static readonly TunnelKind[] KindsWithHost = [TunnelKind.Http, TunnelKind.Tls];

    /// <summary>Every tunnel and every name. Administration has to be granted by name.</summary>
    public static Grants All { get; } = new() { AllowsPublic = true, Serve = AnyName, Connect = AnyName };

    /// <summary>Nothing: what is left to a session whose token is over, until its connection is.</summary>
    public static Grants None { get; } = new() { Policies = [] };

    /// <summary>Tunnels that visitors from anywhere reach: HTTP, TLS, public ports.</summary>
    public bool AllowsPublic { get; internal init; }

    /// <summary>Logging in to the server's own page and API.</summary>
    public bool IsAdmin { get; internal init; }

    /// <summary>Patterns of private names that may be served.</summary>
    public IReadOnlyList<string> Serve { get; internal init; } = [];

    /// <summary>Patterns of private names to which connections may be opened.</summary>
    public IReadOnlyList<string> Connect { get; internal init; } = [];

    /// <summary>Patterns of host names that may be taken; null for any that is not reserved.</summary>
    public IReadOnlyList<string>? Hosts { get; internal init; }

    /// <summary>Paths, with all below them, and patterns of paths that may be taken; null for any.</summary>
    public IReadOnlyList<string>? Paths { get; internal init; }

    /// <summary>Kinds of tunnels that may be opened; null for any that the rest allows.</summary>
    public IReadOnlyList<TunnelKind>? Kinds { get; internal init; }

    /// <summary>Keys of edge policies that the client may set itself; null for any.</summary>
    public IReadOnlyList<string>? Policies { get; internal init; }

    /// <summary>Tunnels open at once, beside the limit for every token; null for that one alone.</summary>
    public int? MaxTunnels { get; internal init; }

    /// <summary>From when on the token counts for nothing; null for never.</summary>
    public DateTimeOffset? Expires { get; internal init; }

    /// <summary>Reads the words behind a token (docs/tokens.md). No word at all allows everything.</summary>
    /// <exception cref="FormatException">A word is none of the grants; the message says what to write.</exception>
    public static Grants Parse(IReadOnlyList<string> words) => GrantWords.Parse(words).Grants;

    /// <summary>Whether a private name may be served.</summary>
    public bool AllowsServing(string name) => Matches(Serve, name);

    /// <summary>Whether connections to a private name may be opened.</summary>
    public bool AllowsConnecting(string name) => Matches(Connect, name);

    /// <summary>Whether tunnels of this kind may be opened: under a private name, or where visitors reach them.</summary>
    public bool AllowsKind(TunnelKind kind, bool isPrivate) =>
        (isPrivate || AllowsPublic) && (Kinds is not null ? Kinds.Contains(kind)
            // What may take certain names only gets no ports, which have none, unless it says so.
            : isPrivate || (Hosts is null && Paths is null) || KindsWithHost.Contains(kind));

    /// <summary>Whether a public host name may be taken, apart from reserved ones.</summary>
    public bool AllowsHost(string host) => Hosts is null || Matches(Hosts, host);

    /// <summary>Whether an HTTP path, and with it all below, may be taken; <c>/</c> is the whole host.</summary>
    public bool AllowsPath(string path) => Paths is null || Paths.Any(p => p.Contains('*')
        ? FileSystemName.MatchesSimpleExpression(p, path, ignoreCase: false)
        : RequestTarget.IsBelow(path, p));

    /// <summary>Whether the client may set an edge policy itself.</summary>
    /// <param name="key">The policy's name in the configuration, such as <c>rate-limit</c>.</param>
    public bool AllowsPolicy(string key) => Policies is null || Policies.Contains(key, StringComparer.OrdinalIgnoreCase);

    private static bool Matches(IReadOnlyList<string> patterns, string name) =>
        patterns.Any(p => FileSystemName.MatchesSimpleExpression(p, name));
}
