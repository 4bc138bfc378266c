using System.Text.Json;
using Ggrok.Shared.Edge.Credentials;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.WebUtilities;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>GitHub, which gives an access token and says by its API whose it is.</summary>
internal sealed class GitHubProtocol(LoginOptions options, bool isGuarded, ProviderHttp http) : ILoginProtocol
{
    private readonly string _site = options.Provider.Text;

    // A GitHub Enterprise Server has its API below the site.
    private readonly string _api = options.Provider.Text == "https://github.com" ? "https://api.github.com" : options.Provider.Text + "/api/v3";

    private bool WantsEmails => options.Allow.Any(r => r.Kind is LoginRuleKind.Email or LoginRuleKind.Domain);

    private IEnumerable<string> Organisations => options.Allow.Where(r => r.Kind == LoginRuleKind.Organisation).Select(r => r.Value);

    public Task<string> AddressAsync(LoginAttempt attempt)
    {
        var scopes = new List<string> { "read:user" };
        if (WantsEmails)
        {
            scopes.Add("user:email");
        }

        if (Organisations.Any())
        {
            scopes.Add("read:org");
        }

        return Task.FromResult(QueryHelpers.AddQueryString(_site + "/login/oauth/authorize", AuthorizationQuery.Of(options, attempt, scopes, nonce: null)));
    }

    public async Task<LoginPerson> PersonAsync(LoginAttempt attempt, string code, string? issuer)
    {
        string token = await TokenAsync(attempt, code).ConfigureAwait(false);
        string name = ProviderFacts.Text(await GetAsync("/user", token).ConfigureAwait(false), "login") is { Length: > 0 } login
            ? login
            : throw LoginException.Provider("GitHub does not say who it is.");
        string[] emails = WantsEmails ? Emails(await GetAsync("/user/emails", token).ConfigureAwait(false)) : [];
        var organisations = new List<string>();
        foreach (string organisation in Organisations)
        {
            if (await IsMemberAsync(organisation, token).ConfigureAwait(false))
            {
                organisations.Add(organisation);
            }
        }

        return new LoginPerson(Printable.Clean(name), emails, name, organisations, []);
    }

    private async Task<string> TokenAsync(LoginAttempt attempt, string code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _site + "/login/oauth/access_token")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["client_id"] = options.ClientId,
                ["client_secret"] = options.ClientSecret!,
                ["code"] = code,
                ["redirect_uri"] = attempt.RedirectUri,
                ["code_verifier"] = attempt.Verifier,
            }),
        };
        JsonElement answer = await http.AskAsync(request, isGuarded).ConfigureAwait(false);

        // GitHub says 200 to a wrong secret, too.
        return ProviderFacts.Text(answer, "access_token") is { Length: > 0 } token
            ? token
            : throw LoginException.Provider($"GitHub gave no token ({Printable.Clean(ProviderFacts.Text(answer, "error"))}).");
    }

    private Task<JsonElement> GetAsync(string path, string token) => http.GetAsync(new Uri(_api + path), isGuarded, token);

    // Who is not a member, or whose organisation does not let this login look, gets an error in place of an answer.
    private async Task<bool> IsMemberAsync(string organisation, string token)
    {
        try
        {
            return ProviderFacts.Text(await GetAsync("/user/memberships/orgs/" + organisation, token).ConfigureAwait(false), "state") == "active";
        }
        catch (LoginException)
        {
            return false;
        }
    }

    private static string[] Emails(JsonElement list) => list.ValueKind != JsonValueKind.Array ? [] :
    [
        .. list.EnumerateArray()
            .Where(e => e.ValueKind == JsonValueKind.Object && e.TryGetProperty("verified", out JsonElement verified) && verified.ValueKind == JsonValueKind.True)
            .Select(e => ProviderFacts.Text(e, "email")).OfType<string>(),
    ];
}
