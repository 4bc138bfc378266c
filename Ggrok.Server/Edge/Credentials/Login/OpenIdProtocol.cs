using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Ggrok.Shared.Edge.Credentials;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>OpenID Connect: authorization code with PKCE, and an ID token that is checked.</summary>
internal sealed class OpenIdProtocol(LoginOptions options, bool isGuarded, KnownProvider provider, ProviderHttp http, IdTokenCheck check) : ILoginProtocol
{
    private const int MostGroups = 1000;

    public async Task<string> AddressAsync(LoginAttempt attempt)
    {
        ProviderFacts facts = await provider.FactsAsync().ConfigureAwait(false);
        return QueryHelpers.AddQueryString(facts.Authorization.AbsoluteUri, AuthorizationQuery.Of(options, attempt, ["openid", "email", "profile"], attempt.Nonce));
    }

    public async Task<LoginPerson> PersonAsync(LoginAttempt attempt, string code, string? issuer)
    {
        ProviderFacts facts = await provider.FactsAsync().ConfigureAwait(false);
        if (issuer is null ? facts.NamesItself : issuer != facts.Issuer)
        {
            throw new LoginException(RelayError.LoginFailed, "The answer came from another provider than the one that was asked.");
        }

        JsonElement tokens = await TokensAsync(facts, attempt, code).ConfigureAwait(false);
        string text = ProviderFacts.Text(tokens, "id_token") ?? throw LoginException.Provider($"{options.Provider.Name} gave no ID token.");
        JsonWebToken token = await check.CheckAsync(text, facts.Issuer, options.ClientId, attempt.Nonce, id => provider.KeysAsync(facts, id)).ConfigureAwait(false);
        using JsonDocument claims = JsonDocument.Parse(Base64UrlText(token.EncodedPayload));
        JsonElement said = claims.RootElement;
        if (!HasAll(said) && facts.UserInfo is { } more && ProviderFacts.Text(tokens, "access_token") is { } access)
        {
            JsonElement info = await http.GetAsync(more, isGuarded, access).ConfigureAwait(false);

            // OpenID Connect Core section 5.3.2: else it is about somebody else.
            if (ProviderFacts.Text(info, "sub") != token.Subject)
            {
                throw LoginException.Provider($"{options.Provider.Name} said something about somebody else.");
            }

            return Person(token.Subject, info);
        }

        return Person(token.Subject, said);
    }

    private async Task<JsonElement> TokensAsync(ProviderFacts facts, LoginAttempt attempt, string code)
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = attempt.RedirectUri,
            ["code_verifier"] = attempt.Verifier,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, facts.Token);
        if (options.ClientSecret is { } secret && !facts.WantsSecretInBody)
        {
            // RFC 6749 section 2.3.1: encoded as in a form.
            string basic = $"{Uri.EscapeDataString(options.ClientId)}:{Uri.EscapeDataString(secret)}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(basic)));
        }
        else
        {
            form["client_id"] = options.ClientId;
            if (options.ClientSecret is not null)
            {
                form["client_secret"] = options.ClientSecret;
            }
        }

        request.Content = new FormUrlEncodedContent(form);
        return await http.AskAsync(request, isGuarded).ConfigureAwait(false);
    }

    private bool HasAll(JsonElement claims) =>
        ProviderFacts.Text(claims, "email") is not null && (options.Allow.All(r => r.Kind != LoginRuleKind.Group) || claims.TryGetProperty("groups", out _));

    private static LoginPerson Person(string subject, JsonElement claims)
    {
        string? email = ProviderFacts.Text(claims, "email");
        bool isVerified = claims.TryGetProperty("email_verified", out JsonElement verified)
            && (verified.ValueKind == JsonValueKind.True || (verified.ValueKind == JsonValueKind.String && verified.GetString() == "true"));
        string[] groups = !claims.TryGetProperty("groups", out JsonElement list) ? []
            : list.ValueKind == JsonValueKind.String ? [list.GetString()!]
            : list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Where(g => g.ValueKind == JsonValueKind.String).Take(MostGroups).Select(g => g.GetString()!)]
            : [];

        // An address that nobody verified may be anybody's: then the provider's own name for the person has to do.
        string[] emails = isVerified && !string.IsNullOrEmpty(email) ? [email] : [];
        return new LoginPerson(Printable.Clean(emails.FirstOrDefault() ?? subject), emails, null, [], groups);
    }

    private static byte[] Base64UrlText(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);
}
