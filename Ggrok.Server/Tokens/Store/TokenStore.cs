using Ggrok.Server.Audit;

namespace Ggrok.Server.Tokens.Store;

/// <summary>A token that was just made.</summary>
/// <param name="Info">What it is.</param>
/// <param name="Secret">Its secret, which is kept nowhere: this is the only time that it is shown.</param>
public sealed record CreatedToken(TokenInfo Info, string Secret);

/// <summary>A token cannot be made as it is wanted; the message is one sentence that says what to do instead.</summary>
public sealed class TokenRequestException(string message) : Exception(message);

/// <summary>Tokens that are made, listed and revoked while the server runs, in one file (<c>GGROK_TOKENS_STORE</c>).</summary>
/// <param name="path">The file; null when there is no store.</param>
/// <param name="time">Clock.</param>
/// <param name="audit">Is told of changes.</param>
public sealed class TokenStore(string? path, TimeProvider time, AuditLog audit)
{
    /// <summary>Something was changed through this object.</summary>
    internal event Action? Changed;

    /// <summary>Whether there is a store.</summary>
    public bool IsConfigured => path is not null;

    /// <summary>The tokens of the store, the expired ones too.</summary>
    /// <exception cref="TokenFileException">The store cannot be used.</exception>
    public Task<IReadOnlyList<TokenInfo>> ListAsync() => Task.Run<IReadOnlyList<TokenInfo>>(() =>
    {
        var reader = new StoreReader(Path());
        return [.. reader.Entries(reader.ReadStored() ?? StoredTokens.Empty).Select(t => new TokenInfo(t.Name!, t.Grants, TokenSource.Store, t.Created))];
    });

    /// <summary>Makes a token.</summary>
    /// <param name="name">Its name, which no other has.</param>
    /// <param name="grants">What it allows; <see cref="Grants.Parse"/> makes them.</param>
    /// <param name="by">Who asked for it, for the audit log.</param>
    /// <param name="cancellation">Gives up waiting for another program that changes the store.</param>
    /// <exception cref="TokenRequestException">The name is none, or taken.</exception>
    /// <exception cref="TokenFileException">The store cannot be used.</exception>
    public async Task<CreatedToken> CreateAsync(string name, Grants grants, string by, CancellationToken cancellation = default)
    {
        string secret = TokenSecret.Make();
        var token = new StoredToken(Checked(name), TokenSecret.WriteHash(TokenSecret.HashOf(secret)), GrantWords.Write(grants), Seconds(time.GetUtcNow()));
        await ChangeAsync(stored => stored.Tokens.Any(t => t.Name == name)
            ? throw new TokenRequestException($"There is a token {name} already; choose another name, or revoke that one first.")
            : stored with { Tokens = [.. stored.Tokens, token] }, cancellation).ConfigureAwait(false);
        audit.TokenCreated(name, token.Grants, by);
        return new CreatedToken(new TokenInfo(name, grants, TokenSource.Store, token.Created), secret);
    }

    /// <summary>Takes a token out of the store; its sessions end as soon as the server notices. False when there is none of that name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="by">Who asked for it, for the audit log.</param>
    /// <param name="cancellation">Gives up waiting for another program that changes the store.</param>
    /// <exception cref="TokenFileException">The store cannot be used.</exception>
    public async Task<bool> RevokeAsync(string name, string by, CancellationToken cancellation = default)
    {
        bool found = false;
        await ChangeAsync(stored =>
        {
            found = stored.Tokens.Any(t => t.Name == name);
            return found ? stored with { Tokens = [.. stored.Tokens.Where(t => t.Name != name)] } : stored;
        }, cancellation).ConfigureAwait(false);
        if (found)
        {
            audit.TokenRevoked(name, by);
        }

        return found;
    }

    private async Task ChangeAsync(Func<StoredTokens, StoredTokens> change, CancellationToken cancellation)
    {
        var file = new StoreFile(Path(), time);
        await Task.Run(() => file.ChangeAsync(change, cancellation), cancellation).ConfigureAwait(false);
        Changed?.Invoke();
    }

    private string Path() => path ?? throw new TokenFileException("There is no token store: set GGROK_TOKENS_STORE to the path of its file, and restart the server.");

    private static string Checked(string name)
    {
        try
        {
            return GrantWords.Name(name);
        }
        catch (FormatException e)
        {
            throw new TokenRequestException(e.Message + ".");
        }
    }

    private static DateTimeOffset Seconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
