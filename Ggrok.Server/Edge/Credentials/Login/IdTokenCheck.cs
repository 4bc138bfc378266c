using Ggrok.Shared.Protocol;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>Whether an ID token is what it must be (OpenID Connect Core section 3.1.3.7).</summary>
internal sealed class IdTokenCheck(TimeProvider time)
{
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    // Asymmetric ones only: with HMAC the provider's public key would be the secret, and "none" is none.
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = 64 * 1024 };

    /// <summary>The token, if it is valid.</summary>
    /// <param name="text">The token.</param>
    /// <param name="issuer">Who must have issued it.</param>
    /// <param name="clientId">For whom.</param>
    /// <param name="nonce">For which attempt.</param>
    /// <param name="keys">The issuer's keys with an id, or all.</param>
    /// <exception cref="LoginException">It is not.</exception>
    public async Task<JsonWebToken> CheckAsync(string text, string issuer, string clientId, string nonce, Func<string?, ValueTask<IReadOnlyList<SecurityKey>>> keys)
    {
        JsonWebToken token = Read(text);
        IReadOnlyList<SecurityKey> published = await keys(string.IsNullOrEmpty(token.Kid) ? null : token.Kid).ConfigureAwait(false);
        if (published.Count == 0)
        {
            throw LoginException.Provider("Its ID token is signed with a key that it does not publish.");
        }

        var parameters = new TokenValidationParameters
        {
            ValidIssuer = issuer,
            ValidAudience = clientId,
            ValidAlgorithms = Algorithms,
            IssuerSigningKeys = published,
            TryAllIssuerSigningKeys = string.IsNullOrEmpty(token.Kid),
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = (from, until, _, _) => IsNow(from, until),
            CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
        };
        TokenValidationResult result = await _handler.ValidateTokenAsync(text, parameters).ConfigureAwait(false);
        if (!result.IsValid)
        {
            throw LoginException.Provider($"Its ID token is not valid ({result.Exception?.GetType().Name.Replace("SecurityToken", "", StringComparison.Ordinal).Replace("Exception", "", StringComparison.Ordinal)}).", result.Exception);
        }

        return Complaint((JsonWebToken)result.SecurityToken, clientId, nonce) is { } complaint ? throw LoginException.Provider($"Its ID token {complaint}.") : token;
    }

    private string? Complaint(JsonWebToken token, string clientId, string nonce)
    {
        string? party = token.TryGetPayloadValue("azp", out string? azp) ? azp : null;
        return party is not null && party != clientId ? "is for another client"
            : party is null && token.Audiences.Skip(1).Any() ? "is for several clients and does not say which"
            : !token.TryGetPayloadValue("nonce", out string? said) || said != nonce ? "is of another login"
            : token.IssuedAt == default ? "does not say when it was issued"
            : token.IssuedAt > time.GetUtcNow().UtcDateTime + Skew ? "comes from the future"
            : string.IsNullOrEmpty(token.Subject) ? "names nobody"
            : null;
    }

    private bool IsNow(DateTime? from, DateTime? until)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        return until is { } end && now < end + Skew && (from is not { } begin || now > begin - Skew);
    }

    private JsonWebToken Read(string text)
    {
        try
        {
            return _handler.ReadJsonWebToken(text);
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException)
        {
            throw new LoginException(RelayError.LoginProviderFailed, "Its ID token cannot be read.", e);
        }
    }
}
