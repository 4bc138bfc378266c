using System.Globalization;
using System.Text.Json;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tokens.Store;

/// <summary>Reads the file of a token store, which people may have edited.</summary>
internal sealed class StoreReader(string path)
{
    private const long LongestFile = 64 * 1024 * 1024;

    private bool _wasThere;

    /// <summary>The tokens; none when there is no file yet.</summary>
    /// <exception cref="TokenFileException">The file cannot be used, or is gone after it was there.</exception>
    public IReadOnlyList<TokenEntry> Read()
    {
        if (ReadStored() is { } stored)
        {
            _wasThere = true;
            return Entries(stored);
        }

        // A disk that is not there for a moment must not end every session; a token is ended by revoking it.
        return _wasThere ? throw new TokenFileException($"The token store {path} is gone; bring it back, or restart the server for an empty one.") : [];
    }

    /// <summary>What stands in the file; null when there is none.</summary>
    /// <exception cref="TokenFileException">The file cannot be read, or is no token store.</exception>
    public StoredTokens? ReadStored()
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > LongestFile)
            {
                throw Broken("it is too large");
            }

            StoredTokens? stored = JsonSerializer.Deserialize(file, StoreJson.Default.StoredTokens);
            return stored is null || stored.Tokens.Contains(null!) ? throw Broken("it is no list of tokens")
                : stored.Version != StoredTokens.CurrentVersion ? throw Broken(string.Create(CultureInfo.InvariantCulture, $"it has version {stored.Version}, and this server knows {StoredTokens.CurrentVersion}"))
                : stored;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenFileException($"The token store {path} cannot be read: {e.Message}");
        }
        catch (JsonException e)
        {
            // Without the parser's own words, which may show what stands there.
            throw Broken(e.LineNumber is { } line
                ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1} is not as it should be")
                : "it is no list of tokens");
        }
    }

    /// <summary>The tokens of a store.</summary>
    /// <exception cref="TokenFileException">One of them is not valid, or two clash.</exception>
    public IReadOnlyList<TokenEntry> Entries(StoredTokens stored)
    {
        List<TokenEntry> entries = [.. stored.Tokens.Select(Entry)];
        return TokenLines.Clash(entries) is { } clash ? throw Broken(clash) : entries;
    }

    private TokenEntry Entry(StoredToken token)
    {
        try
        {
            (Grants grants, _) = GrantWords.Parse(token.Grants.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
            return new TokenEntry
            {
                Name = GrantWords.Name(token.Name),
                Hash = TokenSecret.ReadHash(token.Hash) ?? throw new FormatException("its hash is not sha256: and 64 hexadecimal digits"),
                Grants = grants,
                Source = TokenSource.Store,
                Created = token.Created,
            };
        }
        catch (FormatException e)
        {
            throw Broken($"the token {Printable.Clean(token.Name)}: {e.Message}");
        }
    }

    private TokenFileException Broken(string why) => new($"The token store {path} cannot be used: {why}. Repair it, or bring back a copy.");
}
