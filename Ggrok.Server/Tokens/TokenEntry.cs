namespace Ggrok.Server.Tokens;

/// <summary>A token that the server knows: what is kept of its secret, and what it allows.</summary>
public sealed class TokenEntry
{
    /// <summary>Name that it was given; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>What it allows.</summary>
    public required Grants Grants { get; init; }

    /// <summary>Where it is written.</summary>
    public TokenSource Source { get; init; }

    /// <summary>When it was made, if that is known.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>SHA-256 of the secret.</summary>
    internal byte[] Hash { get; init; } = [];

    internal string Key => Convert.ToHexStringLower(Hash);
}

/// <summary>Where a token is written.</summary>
public enum TokenSource
{
    /// <summary>In <c>GGROK_TOKENS</c>.</summary>
    Settings,

    /// <summary>In the file of <c>GGROK_TOKENS_FILE</c>.</summary>
    File,

    /// <summary>In the token store.</summary>
    Store,
}

/// <summary>A token as people may see it, without its secret.</summary>
/// <param name="Name">Its name in limits, logs and lists.</param>
/// <param name="Grants">What it allows.</param>
/// <param name="Source">Where it is written.</param>
/// <param name="Created">When it was made, if that is known.</param>
public sealed record TokenInfo(string Name, Grants Grants, TokenSource Source, DateTimeOffset? Created)
{
    /// <summary>The grants as words.</summary>
    public string Words => GrantWords.Write(Grants);

    /// <summary>Whether its time is over.</summary>
    public bool IsExpired(DateTimeOffset now) => Grants.Expires <= now;
}

/// <summary>Tokens cannot be read or written; the message is one sentence that says what to do.</summary>
public sealed class TokenFileException(string message) : Exception(message);
