using Ggrok.Server.Dashboard.Access;
using Ggrok.Server.Dashboard.Http.Contracts;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tokens.Store;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Dashboard.Http;

/// <summary>Tokens: all that the server knows are listed, those of the store can be made and revoked.</summary>
internal sealed class TokenEndpoints(TokenStore store, TokenAuthenticator authenticator, SessionDirectory directory, TimeProvider time)
{
    /// <summary>Every token, without secrets.</summary>
    public Task ListAsync(HttpContext context) => context.JsonAsync(
        [.. authenticator.Tokens.Select(Body).OrderBy(t => t.Name, StringComparer.Ordinal)], DashboardJson.Relaxed.IReadOnlyListTokenBody);

    /// <summary>Makes a token; the answer is the only place where its secret stands.</summary>
    /// <exception cref="ApiException">It cannot be made as it is wanted.</exception>
    public async Task CreateAsync(HttpContext context, Administrator by)
    {
        TokenOrder order = await context.ReadAsync(DashboardJson.Relaxed.TokenOrder).ConfigureAwait(false);
        try
        {
            Grants grants = Grants.Parse(order.Grants.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
            CreatedToken created = await store.CreateAsync(order.Name, grants, by.Identity.Id, context.RequestAborted).ConfigureAwait(false);
            await context.JsonAsync(new CreatedBody(Body(created.Info), created.Secret), DashboardJson.Relaxed.CreatedBody, StatusCodes.Status201Created).ConfigureAwait(false);
        }
        catch (FormatException e)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, "The grants cannot be read.", Sentence(e.Message));
        }
        catch (TokenRequestException e)
        {
            throw new ApiException(StatusCodes.Status409Conflict, "The token cannot be made.", Sentence(e.Message));
        }
        catch (TokenFileException e)
        {
            throw Unusable(e);
        }
    }

    /// <summary>Revokes a token of the store; its sessions end.</summary>
    /// <exception cref="ApiException">There is none of that name in the store.</exception>
    public async Task RevokeAsync(HttpContext context, Administrator by, string name)
    {
        bool found;
        try
        {
            found = await store.RevokeAsync(name, by.Identity.Id, context.RequestAborted).ConfigureAwait(false);
        }
        catch (TokenFileException e)
        {
            throw Unusable(e);
        }

        if (!found)
        {
            throw new ApiException(StatusCodes.Status404NotFound, "There is no such token in the store.", "Tokens of GGROK_TOKENS and GGROK_TOKENS_FILE are taken out there.");
        }

        await context.DoneAsync().ConfigureAwait(false);
    }

    private TokenBody Body(TokenInfo info) => new(
        info.Name, info.Words, info.Source.ToString().ToLowerInvariant(), info.Created, info.Grants.Expires, info.IsExpired(time.GetUtcNow()),
        directory.Sessions.Count(s => s.Identity.Id == info.Name));

    private static ApiException Unusable(TokenFileException e) => new(StatusCodes.Status409Conflict, "The token store cannot be used.", e.Message);

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..].TrimEnd('.') + ".";
}
