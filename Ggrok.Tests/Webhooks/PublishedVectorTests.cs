using System.Text;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Tests.Webhooks;

/// <summary>The examples that providers print in their documentation, and fields that are not as they should be.</summary>
public class PublishedVectorTests
{
    private const string SlackBody =
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA" +
        "&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554" +
        "%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

    [Fact]
    public void The_example_of_github_is_valid() =>
        Verify(WebhookProvider.GitHub, "It's a Secret to Everybody", "Hello, World!", 0,
            ("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")).ShouldBe(SignatureVerdict.Valid);

    [Fact]
    public void The_example_of_slack_is_valid() =>
        Verify(WebhookProvider.Slack, "8f742231b10e8888abcd99yyyzzz85a5", SlackBody, 1531420618,
            ("X-Slack-Request-Timestamp", "1531420618"),
            ("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503")).ShouldBe(SignatureVerdict.Valid);

    [Fact]
    public void The_example_of_twilio_is_valid() =>
        Verify(WebhookProvider.Twilio, "12345", "CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212", 0,
            ("X-Twilio-Signature", "GvWf1cFY/Q7PnoempGyD5oXAezc="), ("Content-Type", "application/x-www-form-urlencoded")).ShouldBe(SignatureVerdict.Valid);

    [Fact]
    public void The_example_of_standard_webhooks_is_valid() =>
        Verify(WebhookProvider.StandardWebhooks, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "{\"test\": 2432232314}", 1614265330,
            ("svix-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"), ("svix-timestamp", "1614265330"),
            ("svix-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")).ShouldBe(SignatureVerdict.Valid);

    [Theory]
    [InlineData(WebhookProvider.GitHub, "X-Hub-Signature-256", "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")]
    [InlineData(WebhookProvider.GitHub, "X-Hub-Signature-256", "sha256=7571")]
    [InlineData(WebhookProvider.GitHub, "X-Hub-Signature-256", "sha256=757")]
    [InlineData(WebhookProvider.GitHub, "X-Hub-Signature-256", "sha256=")]
    [InlineData(WebhookProvider.GitHub, "X-Hub-Signature-256", "")]
    [InlineData(WebhookProvider.Shopify, "X-Shopify-Hmac-Sha256", "no base64")]
    [InlineData(WebhookProvider.Stripe, "Stripe-Signature", "v1=00")]
    [InlineData(WebhookProvider.Stripe, "Stripe-Signature", "t=soon,v1=00")]
    [InlineData(WebhookProvider.Stripe, "Stripe-Signature", "t=9223372036854775807,v1=00")]
    [InlineData(WebhookProvider.Stripe, "Stripe-Signature", "t=1")]
    [InlineData(WebhookProvider.Slack, "X-Slack-Signature", "v0=00")]
    [InlineData(WebhookProvider.Twilio, "X-Twilio-Signature", "ä")]
    [InlineData(WebhookProvider.Twilio, "X-Twilio-Signature", "AAAA")]
    [InlineData(WebhookProvider.StandardWebhooks, "webhook-signature", "v1,AAAA")]
    [InlineData(WebhookProvider.GitLab, "X-Gitlab-Token", "")]
    public void Malformed_fields_are_invalid(WebhookProvider provider, string field, string value) =>
        Verify(provider, "It's a Secret to Everybody", "Hello, World!", 0, (field, value)).ShouldBe(SignatureVerdict.Invalid);

    [Fact]
    public void Signatures_with_a_public_key_are_told_as_not_verified() =>
        Verify(WebhookProvider.StandardWebhooks, "secret", "", 1, ("webhook-id", "1"), ("webhook-timestamp", "1"), ("webhook-signature", "v1a,AAAA"))
            .ShouldBe(SignatureVerdict.Unverifiable);

    private static SignatureVerdict Verify(WebhookProvider provider, string secret, string body, long now, params (string Name, string Value)[] fields) =>
        WebhookVerifier.Verify(
            provider,
            [secret],
            new WebhookRequest([.. fields.Select(f => new HeaderField(f.Name, f.Value))], Encoding.UTF8.GetBytes(body), true, "https://mycompany.com/myapp.php?foo=1&bar=2"),
            DateTimeOffset.FromUnixTimeSeconds(now)).Verdict;
}
