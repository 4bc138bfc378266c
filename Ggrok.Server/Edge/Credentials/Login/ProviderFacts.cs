using System.Text.Json;
using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>What an OpenID Connect provider says of itself (OpenID Connect Discovery section 3).</summary>
/// <param name="Issuer">Its name, as tokens hold it.</param>
/// <param name="Authorization">Where browsers are sent.</param>
/// <param name="Token">Where codes are given for tokens.</param>
/// <param name="Keys">Where its keys are.</param>
/// <param name="UserInfo">Where it says more of a person; null where it does not.</param>
/// <param name="WantsSecretInBody">It does not take the client secret as Basic.</param>
/// <param name="NamesItself">It sends its name with the code (RFC 9207).</param>
internal sealed record ProviderFacts(string Issuer, Uri Authorization, Uri Token, Uri Keys, Uri? UserInfo, bool WantsSecretInBody, bool NamesItself)
{
    /// <summary>Reads them.</summary>
    /// <exception cref="LoginException">Something is missing, or they are another provider's.</exception>
    public static ProviderFacts Read(JsonElement json, LoginProvider provider)
    {
        string issuer = Text(json, "issuer") ?? "";

        // Section 4.3: it must be the name that was asked for. People leave out the slash at the end, which some have.
        if (!issuer.TrimEnd('/').Equals(provider.Text, StringComparison.Ordinal))
        {
            throw LoginException.Provider($"{provider.Name} calls itself {Ggrok.Shared.Protocol.Printable.Clean(issuer)}, not {provider.Text}.");
        }

        string[] methods = json.TryGetProperty("token_endpoint_auth_methods_supported", out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(m => m.ValueKind == JsonValueKind.String).Select(m => m.GetString()!)]
            : [];
        return new ProviderFacts(
            issuer,
            Address(json, "authorization_endpoint") ?? throw Missing(provider, "authorization_endpoint"),
            Address(json, "token_endpoint") ?? throw Missing(provider, "token_endpoint"),
            Address(json, "jwks_uri") ?? throw Missing(provider, "jwks_uri"),
            Address(json, "userinfo_endpoint"),
            methods.Length > 0 && !methods.Contains("client_secret_basic", StringComparer.Ordinal),
            json.TryGetProperty("authorization_response_iss_parameter_supported", out JsonElement names) && names.ValueKind == JsonValueKind.True);
    }

    /// <summary>A text of an object; null where it is missing or something else.</summary>
    public static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static Uri? Address(JsonElement json, string name) =>
        Uri.TryCreate(Text(json, name), UriKind.Absolute, out Uri? address) && LoginProvider.IsTrustworthy(address) ? address : null;

    private static LoginException Missing(LoginProvider provider, string name) => LoginException.Provider($"{provider.Name} names no {name} with https.");
}
