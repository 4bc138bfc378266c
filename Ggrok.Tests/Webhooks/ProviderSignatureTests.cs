using System.Text;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;
using Ggrok.Tests.Peers;

namespace Ggrok.Tests.Webhooks;

/// <summary>Signatures that the providers' own packages made.</summary>
public class ProviderSignatureTests
{
    private const long Time = 1_790_000_000;
    private const string Body = "{\"type\":\"a.b\",\"text\":\"äöü 𝄞 \\u0000\", \"n\" : 1.0}\n";
    private const string StandardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(Time + 10);
    private static readonly WebhookProvider[] All = Enum.GetValues<WebhookProvider>();

    private static readonly Dictionary<string, object> Form = new()
    {
        ["To"] = "+15551234567",
        ["Body"] = "grüße & = + %41 ~!'()*",
        ["AccountSid"] = "AC1",
        ["a"] = "lower case behind upper case",
        ["MediaUrl"] = new[] { "https://b", "https://a", "https://b" },
        ["Empty"] = "",
    };

    [PeerFact]
    public async Task What_the_providers_sign_is_valid()
    {
        foreach ((ToSign made, WebhookRequest request) in await SignAsync(All))
        {
            SignatureCheck check = WebhookVerifier.Verify(made.Provider, [made.Secret], request, Now);

            check.Verdict.ShouldBe(SignatureVerdict.Valid, $"{made.Provider}: {check.Reason}");
        }
    }

    [PeerFact]
    public async Task One_of_several_secrets_suffices_and_the_reason_says_which()
    {
        foreach ((ToSign made, WebhookRequest request) in await SignAsync(All.Except([WebhookProvider.GitLab])))
        {
            SignatureCheck check = WebhookVerifier.Verify(made.Provider, ["whsec_b3RoZXI=", "", made.Secret], request, Now);

            check.ShouldBe(new SignatureCheck(SignatureVerdict.Valid, "The signature was made with secret 2 of 2."), $"{made.Provider}");
        }
    }

    [PeerFact]
    public async Task Another_secret_is_invalid_and_none_is_told()
    {
        foreach ((ToSign made, WebhookRequest request) in await SignAsync(All))
        {
            WebhookVerifier.Verify(made.Provider, ["whsec_b3RoZXI=", made.Secret + "x"], request, Now).Verdict.ShouldBe(SignatureVerdict.Invalid, $"{made.Provider}");
            WebhookVerifier.Verify(made.Provider, [], request, Now).Verdict.ShouldBe(SignatureVerdict.NoSecret, $"{made.Provider}");
            WebhookVerifier.Verify(made.Provider, [""], request, Now).Verdict.ShouldBe(SignatureVerdict.NoSecret, $"{made.Provider}");
        }
    }

    [PeerFact]
    public async Task A_changed_body_is_invalid()
    {
        foreach ((ToSign made, WebhookRequest request) in await SignAsync(All.Except([WebhookProvider.GitLab])))
        {
            byte[] changed = request.Body.ToArray();
            changed[^3]++;

            WebhookVerifier.Verify(made.Provider, [made.Secret], request with { Body = changed }, Now).Verdict.ShouldBe(SignatureVerdict.Invalid, $"{made.Provider}");
        }
    }

    [PeerFact]
    public async Task A_body_that_was_not_kept_whole_cannot_be_verified()
    {
        foreach ((ToSign made, WebhookRequest request) in await SignAsync(All.Except([WebhookProvider.GitLab])))
        {
            WebhookRequest cut = request with { Body = request.Body[..^1], IsWhole = false };

            WebhookVerifier.Verify(made.Provider, [made.Secret], cut, Now).Verdict.ShouldBe(SignatureVerdict.Unverifiable, $"{made.Provider}");
        }
    }

    [PeerFact]
    public async Task A_request_without_its_signature_field_lacks_it()
    {
        foreach ((ToSign made, WebhookRequest request) in await SignAsync(All))
        {
            WebhookRequest bare = request with { Headers = [.. request.Headers.Where(h => !IsSignature(h.Name))] };
            SignatureCheck check = WebhookVerifier.Verify(made.Provider, [made.Secret], bare, Now);

            check.Verdict.ShouldBe(SignatureVerdict.Missing, $"{made.Provider}");
            request.Headers.ShouldContain(h => check.Reason.Contains($" {h.Name} ", StringComparison.OrdinalIgnoreCase));
        }
    }

    [PeerFact]
    public async Task A_signature_out_of_time_is_stale_in_both_directions()
    {
        foreach ((ToSign made, WebhookRequest request) in await SignAsync([WebhookProvider.Stripe, WebhookProvider.Slack, WebhookProvider.StandardWebhooks]))
        {
            SignatureVerdict At(double seconds, TimeSpan? tolerance = null) =>
                WebhookVerifier.Verify(made.Provider, [made.Secret], request, DateTimeOffset.FromUnixTimeSeconds(Time).AddSeconds(seconds), tolerance).Verdict;

            At(300).ShouldBe(SignatureVerdict.Valid);
            At(301).ShouldBe(SignatureVerdict.Stale);
            At(-300).ShouldBe(SignatureVerdict.Valid);
            At(-301).ShouldBe(SignatureVerdict.Stale);
            At(301, TimeSpan.FromMinutes(10)).ShouldBe(SignatureVerdict.Valid);
            WebhookVerifier.Verify(made.Provider, ["other"], request, Now.AddDays(1)).Verdict.ShouldBe(SignatureVerdict.Invalid);
        }
    }

    [PeerFact]
    public async Task Standard_webhooks_are_valid_with_the_names_of_svix_with_raw_secrets_and_from_gitlab()
    {
        ToSign svix = Request(WebhookProvider.StandardWebhooks) with { Family = "svix" };
        ToSign raw = Request(WebhookProvider.StandardWebhooks) with { Secret = "not base64!", Format = "raw" };
        List<WebhookRequest> signed = await SignedWebhooks.SignAsync(svix, raw);

        WebhookVerifier.Verify(WebhookProvider.StandardWebhooks, [svix.Secret], signed[0], Now).Verdict.ShouldBe(SignatureVerdict.Valid);
        WebhookVerifier.Verify(WebhookProvider.StandardWebhooks, [raw.Secret], signed[1], Now).Verdict.ShouldBe(SignatureVerdict.Valid);
        WebhookVerifier.Verify(WebhookProvider.GitLab, [raw.Secret], signed[1], Now).Verdict.ShouldBe(SignatureVerdict.Valid);
    }

    [PeerFact]
    public async Task A_standard_secret_without_its_mark_may_be_base64_or_not()
    {
        ToSign raw = Request(WebhookProvider.StandardWebhooks) with { Secret = "abcd1234", Format = "raw" };
        ToSign base64 = raw with { Format = null };
        List<WebhookRequest> signed = await SignedWebhooks.SignAsync(raw, base64);

        signed[0].Headers[2].ShouldNotBe(signed[1].Headers[2]);
        signed.ShouldAllBe(r => WebhookVerifier.Verify(WebhookProvider.StandardWebhooks, new[] { "abcd1234" }, r, Now, null).Verdict == SignatureVerdict.Valid);
        WebhookVerifier.Verify(WebhookProvider.StandardWebhooks, ["whsec_abcd1234"], signed[0], Now).Verdict.ShouldBe(SignatureVerdict.Invalid);
    }

    [PeerFact]
    public async Task Either_token_of_gitlab_suffices_where_both_are_sent()
    {
        ToSign signing = Request(WebhookProvider.StandardWebhooks);
        WebhookRequest signed = (await SignedWebhooks.SignAsync(signing))[0];
        WebhookRequest both = signed with { Headers = [.. signed.Headers, new("X-Gitlab-Token", "token")] };
        SignatureVerdict With(string secret, WebhookRequest request) => WebhookVerifier.Verify(WebhookProvider.GitLab, [secret], request, Now).Verdict;

        With(signing.Secret, both).ShouldBe(SignatureVerdict.Valid);
        With("token", both).ShouldBe(SignatureVerdict.Valid);
        With("other", both).ShouldBe(SignatureVerdict.Invalid);
        With("other", signed).ShouldBe(SignatureVerdict.Invalid);
    }

    [PeerFact]
    public async Task One_fitting_signature_among_several_of_a_field_suffices()
    {
        List<WebhookRequest> signed = await SignedWebhooks.SignAsync(Request(WebhookProvider.Stripe), Request(WebhookProvider.StandardWebhooks));
        string stripe = signed[0].Headers[0].Value.Replace(",v1=", $",v1={new string('0', 64)},v1=zz,v0=1,v1=", StringComparison.Ordinal);
        string standard = $"v1a,AAAA v1,AAAA v2,x {signed[1].Headers[2].Value}";

        WebhookVerifier.Verify(WebhookProvider.Stripe, ["whsec_stripe"], signed[0] with { Headers = [new("stripe-signature", stripe)] }, Now)
            .Verdict.ShouldBe(SignatureVerdict.Valid);
        WebhookVerifier.Verify(WebhookProvider.StandardWebhooks, [StandardSecret],
            signed[1] with { Headers = [signed[1].Headers[0], signed[1].Headers[1], new("webhook-signature", standard)] }, Now)
            .Verdict.ShouldBe(SignatureVerdict.Valid);
    }

    [PeerFact]
    public async Task Twilio_signs_urls_with_and_without_their_port_and_the_hash_of_other_bodies()
    {
        string other = new('0', 64);
        ToSign plain = Request(WebhookProvider.Twilio);
        string body = "{\"any\":\"json\"}";
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(body)));
        ToSign json = plain with { Form = null, Body = body, Url = $"https://hooks.example.com/json?bodySHA256={hash}" };
        List<WebhookRequest> signed = await SignedWebhooks.SignAsync(
            plain with { Url = "https://hooks.example.com:443/in?a=1" }, plain, json, json with { Url = $"https://hooks.example.com/json?bodySHA256={other}" }, json with { Url = "https://hooks.example.com/json" });
        SignatureVerdict Of(WebhookRequest request) => WebhookVerifier.Verify(WebhookProvider.Twilio, [plain.Secret], request, Now).Verdict;

        Of(signed[0] with { Url = "https://hooks.example.com/in?a=1" }).ShouldBe(SignatureVerdict.Valid);
        Of(signed[1] with { Url = "https://hooks.example.com:443/in?a=1" }).ShouldBe(SignatureVerdict.Valid);
        Of(signed[1] with { Url = "https://hooks.example.com/in?a=2" }).ShouldBe(SignatureVerdict.Invalid);
        Of(signed[1] with { Url = "https://hooks.example.com:8443/in?a=1" }).ShouldBe(SignatureVerdict.Valid);
        Of(signed[2]).ShouldBe(SignatureVerdict.Valid);
        Of(signed[2] with { Body = Encoding.UTF8.GetBytes("{\"any\":\"other\"}") }).ShouldBe(SignatureVerdict.Invalid);
        Of(signed[4] with { Body = default }).ShouldBe(SignatureVerdict.Valid, "nothing but the URL was sent");
        Of(signed[4]).ShouldBe(SignatureVerdict.Invalid, "anybody could add a body to a signed URL");
        Of(signed[3]).ShouldBe(SignatureVerdict.Invalid, "the URL is signed, but the body is another");
    }

    // Each field would be sorted before a key is compared, and anybody may send them.
    [Fact]
    public void A_form_for_twilio_has_no_more_than_a_thousand_fields()
    {
        const string Url = "https://hooks.example.com/in";
        string[] names = [.. Enumerable.Range(0, 1001).Select(i => $"f{i:d4}")];
        SignatureCheck Of(string[] fields)
        {
#pragma warning disable CA5350 // What the provider signs with.
            byte[] signature = System.Security.Cryptography.HMACSHA1.HashData("12345"u8.ToArray(), Encoding.UTF8.GetBytes(Url + string.Concat(fields)));
#pragma warning restore CA5350
            return WebhookVerifier.Verify(
                WebhookProvider.Twilio,
                ["12345"],
                new WebhookRequest(
                    [new("X-Twilio-Signature", Convert.ToBase64String(signature)), new("Content-Type", "application/x-www-form-urlencoded")],
                    Encoding.UTF8.GetBytes(string.Join('&', fields)), true, Url),
                Now);
        }

        Of(names[1..]).Verdict.ShouldBe(SignatureVerdict.Valid);
        Of(names).ShouldBe(new SignatureCheck(SignatureVerdict.Invalid, "The form has more than 1000 fields; Twilio sends no such form."));
    }

    private static bool IsSignature(string name) => name.Contains("signature", StringComparison.OrdinalIgnoreCase) ||
        name.Contains("hmac", StringComparison.OrdinalIgnoreCase) || name.Contains("token", StringComparison.OrdinalIgnoreCase);

    private static async Task<IEnumerable<(ToSign Made, WebhookRequest Request)>> SignAsync(IEnumerable<WebhookProvider> providers)
    {
        ToSign[] requests = [.. providers.Select(Request)];
        return requests.Zip(await SignedWebhooks.SignAsync(requests));
    }

    private static ToSign Request(WebhookProvider provider) => provider switch
    {
        WebhookProvider.Twilio => new ToSign(provider, Encoded(Form), "12345", Time) { Form = Form },
        WebhookProvider.StandardWebhooks => new ToSign(provider, Body, StandardSecret, Time),
        WebhookProvider.Stripe => new ToSign(provider, Body, "whsec_stripe", Time),
        _ => new ToSign(provider, Body, "It's a Secret to Everybody", Time),
    };

    private static string Encoded(Dictionary<string, object> form) => string.Join('&', form.SelectMany(f =>
        (f.Value as string[] ?? [(string)f.Value]).Select(v => $"{f.Key}={Uri.EscapeDataString(v).Replace("%20", "+", StringComparison.Ordinal)}")));
}
