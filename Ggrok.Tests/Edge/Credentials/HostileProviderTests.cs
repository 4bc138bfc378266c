using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Edge.Credentials.Login;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.Tokens;

namespace Ggrok.Tests.Edge.Credentials;

/// <summary>Providers that are broken, or not who they say, and tokens that somebody made up.</summary>
public class HostileProviderTests
{
    public static TheoryData<string> Lies => new(Tokens.Keys);

    private static readonly Dictionary<string, (string Reason, Func<FakeProvider, Dictionary<string, object>, string> Make)> Tokens = new()
    {
        ["no signature"] = ("InvalidSignature", (_, claims) => $"{Part("{\"alg\":\"none\",\"typ\":\"JWT\"}")}.{Part(System.Text.Json.JsonSerializer.Serialize(claims))}."),
        ["signature cut off"] = ("InvalidSignature", (p, claims) => FakeProvider.Sign(claims, p.Key) is var t ? t[..(t.LastIndexOf('.') + 1)] : ""),
        ["public key as a shared secret"] = ("Invalid", (p, claims) => Hmac(claims, "one", Encoding.ASCII.GetBytes(p.Key.Rsa.ExportSubjectPublicKeyInfoPem()))),
        ["client secret as the key"] = ("Invalid", (_, claims) => Hmac(claims, "one", Encoding.ASCII.GetBytes("hush"))),
        ["somebody else's key"] = ("InvalidSignature", (_, claims) => FakeProvider.Sign(claims, FakeProvider.NewKey("one"))),
        ["key that is not published"] = ("does not publish", (_, claims) => FakeProvider.Sign(claims, FakeProvider.NewKey("two"))),
        ["claims changed"] = ("InvalidSignature", (p, claims) => FakeProvider.Sign(claims, p.Key) is var t ? $"{t.Split('.')[0]}.{Part(System.Text.Json.JsonSerializer.Serialize(With(claims, "email", "ceo@example.com")))}.{t.Split('.')[2]}" : ""),
        ["other issuer"] = ("InvalidIssuer", (p, claims) => FakeProvider.Sign(With(claims, "iss", "https://evil.example"), p.Key)),
        ["other client"] = ("InvalidAudience", (p, claims) => FakeProvider.Sign(With(claims, "aud", "another"), p.Key)),
        ["several clients"] = ("for several clients", (p, claims) => FakeProvider.Sign(With(claims, "aud", new[] { "the-client", "another" }), p.Key)),
        ["made for another client"] = ("for another client", (p, claims) => FakeProvider.Sign(With(claims, "azp", "another"), p.Key)),
        ["expired"] = ("InvalidLifetime", (p, claims) => FakeProvider.Sign(With(claims, "exp", Now(-70)), p.Key)),
        ["never expires"] = ("InvalidLifetime", (p, claims) => FakeProvider.Sign(Without(claims, "exp"), p.Key)),
        ["not yet"] = ("InvalidLifetime", (p, claims) => FakeProvider.Sign(With(claims, "nbf", Now(90)), p.Key)),
        ["issued in the future"] = ("comes from the future", (p, claims) => FakeProvider.Sign(With(claims, "iat", Now(90)), p.Key)),
        ["not issued"] = ("does not say when", (p, claims) => FakeProvider.Sign(Without(claims, "iat"), p.Key)),
        ["other login"] = ("of another login", (p, claims) => FakeProvider.Sign(With(claims, "nonce", "guess"), p.Key)),
        ["no nonce"] = ("of another login", (p, claims) => FakeProvider.Sign(Without(claims, "nonce"), p.Key)),
        ["nobody"] = ("names nobody", (p, claims) => FakeProvider.Sign(Without(claims, "sub"), p.Key)),
        ["no token"] = ("cannot be read", (_, _) => "nonsense"),
        ["huge"] = ("cannot be read", (p, claims) => FakeProvider.Sign(With(claims, "x", new string('x', 100_000)), p.Key)),
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_token_that_is_not_what_it_must_be_lets_nobody_in(string lie)
    {
        await using LoginScene scene = await LoginScene.StartAsync([("oauth-allow", "*")]);
        scene.Provider.Token = claims => Tokens[lie].Make(scene.Provider, claims);

        (RelayError error, string reason) = await scene.FailAsync();

        error.ShouldBe(RelayError.LoginProviderFailed);
        reason.ShouldContain(Tokens[lie].Reason);
    }

    [Theory]
    [InlineData("exp", -30)]
    [InlineData("nbf", 30)]
    [InlineData("iat", 30)]
    public async Task Clocks_may_differ_by_a_minute(string claim, int seconds)
    {
        await using LoginScene scene = await LoginScene.StartAsync();
        scene.Provider.Claims = c => c[claim] = Now(seconds);
        using HttpClient browser = scene.Browser();

        (await scene.LogInAsync(browser)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task A_symmetric_key_among_the_published_ones_signs_nothing()
    {
        await using LoginScene scene = await LoginScene.StartAsync([("oauth-allow", "*")]);
        byte[] known = new byte[32];
        scene.Provider.Published = [scene.Provider.Key, new JsonWebKey { Kty = "oct", Kid = "known", K = Base64UrlEncoder.Encode(known) }];
        scene.Provider.Token = claims => Hmac(claims, "known", known);

        (await scene.FailAsync()).Error.ShouldBe(RelayError.LoginProviderFailed);
    }

    [Fact]
    public async Task A_provider_may_change_its_key_and_use_curves()
    {
        await using LoginScene scene = await LoginScene.StartAsync();
        using HttpClient first = scene.Browser();
        (await scene.LogInAsync(first)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        using HttpClient again = scene.Browser();
        (await scene.LogInAsync(again)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        scene.Provider.KeyRequests.ShouldBe(1);

        await using LoginScene curves = await LoginScene.StartAsync();
        var curve = new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "curve" };
        curves.Provider.Published = [curve];
        curves.Provider.Token = claims => FakeProvider.Sign(claims, curve, SecurityAlgorithms.EcdsaSha256);
        using HttpClient other = curves.Browser();
        (await curves.LogInAsync(other)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task Keys_are_asked_for_anew_when_an_unknown_one_signs_but_not_for_each_made_up_one()
    {
        await using FakeProvider provider = await FakeProvider.StartAsync();
        var clock = new ManualTimeProvider();
        using var http = new ProviderHttp();
        var known = new ProviderDirectory(http, clock).Of(Ggrok.Shared.Edge.Credentials.LoginProvider.Parse(provider.Issuer), isGuarded: false);
        ProviderFacts facts = await known.FactsAsync();
        (await known.KeysAsync(facts, "one")).Count.ShouldBe(1);

        for (int i = 0; i < 5; i++)
        {
            (await known.KeysAsync(facts, "made-up-" + i)).ShouldBeEmpty();
        }

        provider.KeyRequests.ShouldBe(1);
        provider.Key = FakeProvider.NewKey("two");
        clock.Advance(TimeSpan.FromSeconds(31));
        (await known.KeysAsync(facts, "two")).Count.ShouldBe(1);
        provider.KeyRequests.ShouldBe(2);
        clock.Advance(TimeSpan.FromHours(1));
        await known.KeysAsync(facts, "two");
        provider.KeyRequests.ShouldBe(3);
    }

    [Theory]
    [InlineData("redirect")]
    [InlineData("other issuer")]
    [InlineData("no json")]
    [InlineData("endless")]
    [InlineData("deep")]
    [InlineData("error")]
    [InlineData("http elsewhere")]
    public async Task A_provider_that_gives_no_valid_answer_is_named_and_nobody_gets_in(string answer)
    {
        await using LoginScene scene = await LoginScene.StartAsync([("oauth-allow", "*")]);
        scene.Provider.Instead = async context =>
        {
            HttpResponse response = context.Response;
            switch (answer)
            {
                case "redirect":
                    response.Redirect("http://127.0.0.1:1/");
                    break;
                case "other issuer":
                    await response.WriteAsJsonAsync(new { issuer = "https://evil.example" });
                    break;
                case "no json":
                    await response.WriteAsync("<html>");
                    break;
                case "endless":
                    await response.WriteAsync(new string(' ', 600_000) + "{}");
                    break;
                case "deep":
                    await response.WriteAsync(new string('[', 1000) + new string(']', 1000));
                    break;
                case "http elsewhere":
                    await response.WriteAsJsonAsync(new { issuer = scene.Provider.Issuer, authorization_endpoint = "http://evil.example/auth", token_endpoint = "http://evil.example/token", jwks_uri = "http://evil.example/keys" });
                    break;
                default:
                    response.StatusCode = 500;
                    break;
            }

            return true;
        };
        using HttpClient browser = scene.Browser();

        HttpResponseMessage refused = await browser.GetAsync("/");

        refused.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        refused.ErrorOf().ShouldBe(nameof(RelayError.LoginProviderFailed));
        scene.Edge.Reached.ShouldBe(0);
    }

    [Fact]
    public async Task A_client_does_not_send_the_server_to_addresses_that_only_the_server_reaches()
    {
        using var internalService = new TcpListener(IPAddress.Loopback, 0);
        internalService.Start();
        int port = ((IPEndPoint)internalService.LocalEndpoint).Port;
        foreach (string issuer in (string[])[$"https://127.0.0.1:{port}", $"https://localhost:{port}", $"https://[::1]:{port}", $"https://[::ffff:127.0.0.1]:{port}", $"http://127.0.0.1:{port}"])
        {
            await using EdgeScene scene = await EdgeScene.OfClientAsync(("oauth", issuer), ("oauth-client-id", "x"), ("oauth-allow", "*"));
            using HttpClient browser = CredentialScene.Browser(scene.Environment.PublicUrl);

            HttpResponseMessage refused = await browser.GetAsync("/");

            refused.ErrorOf().ShouldBe(nameof(RelayError.LoginProviderFailed), issuer);
            internalService.Pending().ShouldBeFalse(issuer);
        }
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.0.1", false)]
    [InlineData("192.168.0.1", false)]
    [InlineData("127.0.0.53", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("198.18.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    [InlineData("2001:0:1::", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("ff02::1", false)]
    public void Public_addresses_are_told_from_all_others(string address, bool isPublic) =>
        PublicAddresses.Contains(IPAddress.Parse(address)).ShouldBe(isPublic);

    private static string Part(string text) => Base64UrlEncoder.Encode(text);

    private static long Now(int seconds) => DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds;

    private static Dictionary<string, object> With(Dictionary<string, object> claims, string name, object value) => new(claims) { [name] = value };

    private static Dictionary<string, object> Without(Dictionary<string, object> claims, string name)
    {
        var rest = new Dictionary<string, object>(claims);
        rest.Remove(name);
        return rest;
    }

    private static string Hmac(Dictionary<string, object> claims, string id, byte[] key)
    {
        string text = $"{Part($"{{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"{id}\"}}")}.{Part(System.Text.Json.JsonSerializer.Serialize(claims))}";
        return $"{text}.{Base64UrlEncoder.Encode(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(text)))}";
    }
}
