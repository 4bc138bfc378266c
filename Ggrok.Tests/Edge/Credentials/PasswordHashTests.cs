using System.Text;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Tests.Edge.Credentials;

public class PasswordHashTests
{
    [Fact]
    public void A_hash_of_another_program_fits_its_password()
    {
        // The example in the documentation of Python's passlib.
        PasswordHash.TryParse("$pbkdf2-sha256$8000$XAuBMIYQQogxRg$tRRlz8hYn63B9LYiCd6PRo6FMiunY9ozmMMI3srxeRE", out PasswordHash? hash).ShouldBeTrue();

        hash.Fits("password"u8).ShouldBeTrue();
        hash.Fits("Password"u8).ShouldBeFalse();
    }

    [Fact]
    public void What_is_sent_to_the_server_is_a_hash_that_the_server_reads()
    {
        PolicyKey key = PolicyKeys.Find("auth")!;

        string sealedValue = key.Seal!("Änne:päss:wörd ☃");

        sealedValue.ShouldStartWith("Änne:$pbkdf2-sha256$310000$");
        sealedValue.ShouldNotContain("wörd");
        key.Seal(sealedValue).ShouldBe(sealedValue);
        AuthUser user = AuthOptions.Parse([sealedValue]).Users.Single();
        user.Hash!.Fits(Encoding.UTF8.GetBytes("päss:wörd ☃")).ShouldBeTrue();
        key.Seal("Änne:päss:wörd ☃").ShouldNotBe(sealedValue);
    }

    [Theory]
    [InlineData("auth", "hush", "USER:PASSWORD")]
    [InlineData("auth", ":hush", "USER:PASSWORD")]
    [InlineData("auth", "hush:", "USER:PASSWORD")]
    [InlineData("auth", "a:$pbkdf2-sha256$1$hush$hush", "1000 to 1000000 rounds")]
    [InlineData("auth", "a:$pbkdf2-sha256$2000000000$0ZrzXitFSGltTQnBWOsdjw$Y11AchqV4b0sUisdZd0Xr97KWoymNE0LNNrnEgY4H9M", "1000 to 1000000 rounds")]
    [InlineData("bearer", "hush hush", "openssl rand")]
    [InlineData("bearer", "$sha256$hush", "SHA-256 hash")]
    [InlineData("api-key", "hush", "HEADER=VALUE")]
    [InlineData("api-key", "Cookie=hush", "Cookie cannot carry a key")]
    [InlineData("api-key", "X Key=hush", "HEADER=VALUE")]
    [InlineData("oauth", "http://login.example.com", "no login provider")]
    [InlineData("oauth", "ftp://login.example.com", "no login provider")]
    [InlineData("oauth-allow", "example.com", "names nobody")]
    [InlineData("oauth-allow", "@example", "names nobody")]
    [InlineData("oauth-allow", "org:a/b", "names nobody")]
    [InlineData("oauth-lifetime", "90d", "up to 30d")]
    [InlineData("oauth-client-secret", "hush hush", "without spaces")]
    public void A_mistake_is_told_without_the_secret(string key, string value, string complaint)
    {
        FormatException wrong = Should.Throw<FormatException>(() => PolicyKeys.Find(key)!.Check([value]));

        wrong.Message.ShouldContain(complaint);
        wrong.Message.Replace("client secret", "", StringComparison.Ordinal).ShouldNotContain("hush");
    }

    [Fact]
    public void Nothing_shows_the_values_of_keys_that_hold_secrets() =>
        PolicyKeys.All.Where(k => k.IsSecret).Select(k => k.Name).ShouldBe(["auth", "bearer", "api-key", "oauth-client-secret", "oauth-client-secret-file"], ignoreOrder: true);
}
