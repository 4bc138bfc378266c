using System.Security.Cryptography;
using System.Text.Json;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Ggrok.Tests.Edge.Credentials;

/// <summary>
/// An OpenID Connect provider that logs everybody in at once and says what the test wants: also what a real one never would.
/// </summary>
internal sealed class FakeProvider : IAsyncDisposable
{
    private readonly Dictionary<string, (string Nonce, string Challenge)> _codes = [];
    private LocalApp _app = null!;

    public string Issuer => _app.Url.AbsoluteUri.TrimEnd('/');

    public RsaSecurityKey Key { get; set; } = NewKey("one");

    /// <summary>Keys that it publishes; null for <see cref="Key"/>.</summary>
    public IReadOnlyList<SecurityKey>? Published { get; set; }

    /// <summary>Changes the claims of the next tokens.</summary>
    public Action<Dictionary<string, object>>? Claims { get; set; }

    /// <summary>Makes the ID token of its claims; null for an honest one.</summary>
    public Func<Dictionary<string, object>, string>? Token { get; set; }

    /// <summary>Answers in place of the provider; returns whether it did.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    public int KeyRequests { get; private set; }

    public List<string> Authorizations { get; } = [];

    public static RsaSecurityKey NewKey(string id) => new(RSA.Create(2048)) { KeyId = id };

    public static async Task<FakeProvider> StartAsync()
    {
        var provider = new FakeProvider();
        provider._app = await LocalApp.StartAsync(provider.ServeAsync);
        return provider;
    }

    /// <summary>What a browser does that is sent to the provider: it comes back with a code.</summary>
    public async Task<Uri> LogInAsync(Uri authorization)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        HttpResponseMessage response = await browser.GetAsync(authorization);
        return response.Headers.Location ?? throw new InvalidOperationException(await response.Content.ReadAsStringAsync());
    }

    public static string Sign(Dictionary<string, object> claims, SecurityKey key, string algorithm = SecurityAlgorithms.RsaSha256) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(JsonSerializer.Serialize(claims), new SigningCredentials(key, algorithm));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        if (Instead is not null && await Instead(context))
        {
            return;
        }

        switch (context.Request.Path.Value)
        {
            case "/.well-known/openid-configuration":
                await context.Response.WriteAsJsonAsync(new Dictionary<string, object>
                {
                    ["issuer"] = Issuer,
                    ["authorization_endpoint"] = Issuer + "/auth",
                    ["token_endpoint"] = Issuer + "/token",
                    ["jwks_uri"] = Issuer + "/keys",
                    ["userinfo_endpoint"] = Issuer + "/me",
                });
                break;
            case "/keys":
                KeyRequests++;
                await context.Response.WriteAsJsonAsync(new { keys = (Published ?? [Key]).Select(Public).ToArray() });
                break;
            case "/auth":
                Authorize(context);
                break;
            case "/token":
                await GrantAsync(context);
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }

    private void Authorize(HttpContext context)
    {
        IQueryCollection query = context.Request.Query;
        query["response_type"].ToString().ShouldBe("code");
        query["code_challenge_method"].ToString().ShouldBe("S256");
        string code = Guid.NewGuid().ToString("N");
        lock (_codes)
        {
            Authorizations.Add(query["redirect_uri"].ToString());
            _codes[code] = (query["nonce"].ToString(), query["code_challenge"].ToString());
        }

        context.Response.Redirect($"{query["redirect_uri"]}?code={code}&state={query["state"]}");
    }

    private async Task GrantAsync(HttpContext context)
    {
        IFormCollection form = await context.Request.ReadFormAsync();
        (string nonce, string challenge) = ("", "");
        lock (_codes)
        {
            if (_codes.Remove(form["code"].ToString(), out (string Nonce, string Challenge) known))
            {
                (nonce, challenge) = known;
            }
        }

        bool right = challenge == Base64UrlEncoder.Encode(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(form["code_verifier"].ToString())))
            && context.Request.Headers.Authorization.ToString() == CredentialScene.Basic("the-client:hush");
        if (!right)
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsJsonAsync(new { error = "invalid_grant" });
            return;
        }

        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = Issuer, ["aud"] = "the-client", ["sub"] = "4711", ["iat"] = now, ["exp"] = now + 300, ["nonce"] = nonce,
            ["email"] = "anna@example.com", ["email_verified"] = true,
        };
        Claims?.Invoke(claims);
        await context.Response.WriteAsJsonAsync(new { access_token = "access", token_type = "Bearer", id_token = Token?.Invoke(claims) ?? Sign(claims, Key) });
    }

    private static Dictionary<string, string?> Public(SecurityKey key)
    {
        JsonWebKey json = key is JsonWebKey ready ? ready
            : key is ECDsaSecurityKey curve ? JsonWebKeyConverter.ConvertFromECDsaSecurityKey(curve)
            : JsonWebKeyConverter.ConvertFromRSASecurityKey((RsaSecurityKey)key);
        return json.Kty switch
        {
            "RSA" => new() { ["kty"] = "RSA", ["kid"] = json.Kid, ["use"] = "sig", ["n"] = json.N, ["e"] = json.E },
            "EC" => new() { ["kty"] = "EC", ["kid"] = json.Kid, ["crv"] = json.Crv, ["x"] = json.X, ["y"] = json.Y },
            _ => new() { ["kty"] = json.Kty, ["kid"] = json.Kid, ["k"] = json.K },
        };
    }
}
