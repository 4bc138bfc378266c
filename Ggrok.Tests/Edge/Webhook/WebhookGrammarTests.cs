using System.Security.Cryptography;
using System.Text;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Edge.Webhook;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Tests.Edge.Webhook;

/// <summary>How rules and schemes are written, and what is wrong with those that are not.</summary>
public class WebhookGrammarTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);

    [Theory]
    [InlineData("github=a=b, c;d \"e\"", "", null, "github", "a=b, c;d \"e\"")]
    [InlineData("stripe=whsec_x\r\n", "", null, "stripe", "whsec_x")]
    [InlineData("  POST,put   /hooks/in/ stripe=x", "POST,PUT", "/hooks/in", "stripe", "x")]
    [InlineData("/ svix=x", "", "/", "svix", "x")]
    public void A_rule_is_read(string text, string methods, string? path, string provider, string secret)
    {
        WebhookRule rule = WebhookRule.Parse(text);

        (string.Join(',', rule.Methods), rule.Path, rule.Provider, rule.Secret).ShouldBe((methods, path, provider, secret));
        rule.ToString().ShouldNotContain("whsec");
    }

    [Theory]
    [InlineData("hunter2", "there is no equals sign in it; write PROVIDER=SECRET")]
    [InlineData("=hunter2", "stands no provider")]
    [InlineData("Hunter_2=hunter2", "stands no provider")]
    [InlineData("github=", "the secret of github is empty")]
    [InlineData("github=\n", "the secret of github is empty")]
    [InlineData("/a /b github=hunter2", "\"/b\" is too much")]
    [InlineData("/a POST github=hunter2", "\"POST\" is too much")]
    [InlineData("/hooks/* github=hunter2", "is no plain path; write /hooks")]
    [InlineData("/hooks/../x github=hunter2", "is no plain path; write /hooks")]
    [InlineData("P0ST github=hunter2", "is neither methods")]
    public void A_mistake_in_a_rule_is_told_without_the_secret(string text, string complaint)
    {
        string message = Should.Throw<FormatException>(() => WebhookRule.Parse(text)).Message;

        message.ShouldContain(complaint);
        message.ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("algorithm=md5 header=X", "\"md5\" is not possible here; write sha1, sha256, sha384 or sha512")]
    [InlineData("acme", "header= is missing")]
    [InlineData("acme header=", "says nothing")]
    [InlineData("acme header=X header=Y", "stands twice")]
    [InlineData("acme header=X other", "stands twice")]
    [InlineData("Acme header=X", "a name of small letters")]
    [InlineData("github header=X", "github is known already")]
    [InlineData("acme header=X:Y", "the name of a header field")]
    [InlineData("acme header=X encoding=base32", "hex, base64 or base64url")]
    [InlineData("acme header=X signed={timestamp}.{body}", "does not say which field holds it")]
    [InlineData("acme header=X signed={method}{body}", "there is no {method}")]
    [InlineData("acme header=X signed={body", "a { without its }")]
    [InlineData("acme header=X signed={url}", "anybody could change the body")]
    [InlineData("acme header=X timestamp=T signed={body}", "anybody could change the time")]
    [InlineData("acme header=X tolerance=NaN", "a duration such as 5m")]
    [InlineData("acme header=X colour=red", "there is no colour=")]
    public void A_mistake_in_a_scheme_is_told(string text, string complaint) =>
        Should.Throw<FormatException>(() => PolicyKeys.Find("verify-hmac")!.Check([text])).Message.ShouldContain(complaint);

    [Theory]
    [InlineData("verify-tolerance", "NaN")]
    [InlineData("verify-tolerance", "0")]
    [InlineData("verify-tolerance", "-5m")]
    [InlineData("verify-tolerance", "8d")]
    [InlineData("verify-tolerance", "5m 6m")]
    [InlineData("verify-max-body", "0")]
    [InlineData("verify-max-body", "NaN")]
    [InlineData("verify-max-body", "-1")]
    [InlineData("verify-max-body", "1e9")]
    [InlineData("verify-max-body", "99999999999999999999TiB")]
    [InlineData("verify-max-body", "65MiB")]
    public void Values_out_of_bounds_are_refused(string key, string value) =>
        Should.Throw<FormatException>(() => PolicyKeys.Find(key)!.Check([value])).Message.ShouldContain("write");

    [Fact]
    public void A_tunnel_has_at_most_twenty_secrets()
    {
        string[] many = [.. Enumerable.Range(0, 11).Select(i => $"github=hunter{i}")];

        WebhookOptions.Parse(many, many[2..], [], null, null).Verify.Count.ShouldBe(20);
        Should.Throw<FormatException>(() => WebhookOptions.Parse(many, many[1..], [], null, null)).Message.ShouldBe(
            "there are 21 secrets, and a tunnel has at most 20; leave old ones out, or give some senders a tunnel of their own");
    }

    [Theory]
    [InlineData("githib=hunter2", "", "there is no provider \"githib\"")]
    [InlineData("", "acme header=X", "it means nothing without verify")]
    [InlineData("acme=hunter2", "acme header=X secret=hex", "the secret of acme is not written in hex")]
    public void What_does_not_fit_together_is_told(string verify, string hmac, string complaint)
    {
        string message = Should.Throw<FormatException>(() => WebhookOptions.Parse(List(verify), [], List(hmac), null, null)).Message;

        message.ShouldContain(complaint);
        message.ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("sha1", "hex")]
    [InlineData("sha256", "hex")]
    [InlineData("sha256", "base64")]
    [InlineData("sha384", "base64url")]
    [InlineData("sha512", "base64")]
    public void Every_algorithm_and_encoding_verifies(string algorithm, string encoding)
    {
        byte[] key = [0, 1, 2, 0xfa, 0xfb];
        byte[] body = [.. Encoding.UTF8.GetBytes("{\"a\":1}"), 0, 0xff];
        byte[] signed = [.. Encoding.UTF8.GetBytes("1790000000:id 1:https://hooks.example.com/in?a=1\n"), .. body];
#pragma warning disable CA5350 // What is tested.
        byte[] signature = algorithm switch
        {
            "sha1" => HMACSHA1.HashData(key, signed),
            "sha256" => HMACSHA256.HashData(key, signed),
            "sha384" => HMACSHA384.HashData(key, signed),
            _ => HMACSHA512.HashData(key, signed),
        };
#pragma warning restore CA5350
        string text = encoding switch
        {
            "hex" => Convert.ToHexString(signature),
            "base64" => Convert.ToBase64String(signature),
            _ => Convert.ToBase64String(signature).TrimEnd('=').Replace('+', '-').Replace('/', '_'),
        };
        HmacScheme scheme = HmacScheme.Parse(
            $"acme header=X-Sig algorithm={algorithm} encoding={encoding} prefix=v1, timestamp=X-Time signed={{timestamp}}:{{header:X-Id}}:{{url}}{{lf}}{{body}} secret=hex");
        WebhookRequest Request(string value, string time = "1790000000", string id = "id 1") => new(
            [new("x-sig", value), new("X-Time", time), new("X-Id", id)], body, true, "https://hooks.example.com/in?a=1");
        SignatureVerdict Of(WebhookRequest request, double late = 0) =>
            HmacSignature.Verify(scheme, [[9], scheme.KeyOf("000102fafb")], request, Now.AddSeconds(late), TimeSpan.FromMinutes(5)).Verdict;

        Of(Request($"v1,{text}")).ShouldBe(SignatureVerdict.Valid);
        Of(Request($"v1,AAAA v1,{text}")).ShouldBe(SignatureVerdict.Valid);
        Of(Request($"v1,{text}"), 301).ShouldBe(SignatureVerdict.Stale);
        Of(Request($"v1,{text}"), -301).ShouldBe(SignatureVerdict.Stale);
        Of(Request($"v1,{text}", time: "1790000001")).ShouldBe(SignatureVerdict.Invalid);
        Of(Request($"v1,{text}", id: "id 2")).ShouldBe(SignatureVerdict.Invalid);
        Of(Request($"v1,{text}") with { Body = body[1..] }).ShouldBe(SignatureVerdict.Invalid);
        Of(Request(text)).ShouldBe(SignatureVerdict.Invalid);
        Of(Request("v1,")).ShouldBe(SignatureVerdict.Invalid);
        Of(Request($"v1,{text}", time: "9223372036854775807")).ShouldBe(SignatureVerdict.Invalid);
        Of(Request($"v1,{text}", time: "soon")).ShouldBe(SignatureVerdict.Invalid);
    }

    [Fact]
    public void A_time_may_be_in_milliseconds()
    {
        HmacScheme scheme = HmacScheme.Parse("header=X-Sig timestamp=X-Time tolerance=10s");
        string time = "1790000000500";
        string signature = Convert.ToHexStringLower(HMACSHA256.HashData("k"u8.ToArray(), Encoding.UTF8.GetBytes($"{time}.body")));
        var request = new WebhookRequest([new("X-Sig", signature), new("X-Time", time)], "body"u8.ToArray(), true, "");
        SignatureVerdict At(double seconds) => HmacSignature.Verify(scheme, [scheme.KeyOf("k")], request, Now.AddSeconds(seconds), TimeSpan.FromDays(1)).Verdict;

        At(10).ShouldBe(SignatureVerdict.Valid);
        At(11).ShouldBe(SignatureVerdict.Stale);
    }

    private static string[] List(string text) => text.Length == 0 ? [] : [text];
}
