using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>What the browser takes to the provider (RFC 6749 section 4.1.1, RFC 7636).</summary>
internal static class AuthorizationQuery
{
    /// <summary>The parameters.</summary>
    public static Dictionary<string, string?> Of(LoginOptions options, LoginAttempt attempt, IEnumerable<string> scopes, string? nonce)
    {
        var query = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["response_type"] = "code",
            ["client_id"] = options.ClientId,
            ["redirect_uri"] = attempt.RedirectUri,
            ["scope"] = string.Join(' ', scopes.Concat(options.Scopes).Distinct(StringComparer.Ordinal)),
            ["state"] = attempt.State,
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(attempt.Verifier))),
            ["code_challenge_method"] = "S256",
        };
        if (nonce is not null)
        {
            query["nonce"] = nonce;
        }

        return query;
    }
}
