using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Tests.Webhooks;

/// <summary>Which requests are webhooks, and of what.</summary>
public class RecognitionTests
{
    private const string Form = "Content-Type: application/x-www-form-urlencoded; charset=utf-8";

    [Theory]
    [InlineData(WebhookProvider.GitHub, "pull_request.opened", "d1", "{\"action\":\"opened\"}", "x-github-event: pull_request", "X-GitHub-Delivery: d1")]
    [InlineData(WebhookProvider.GitHub, "pull_request.opened", null, "payload=%7B%22action%22%3A%22opened%22%7D", "X-GitHub-Event: pull_request", Form)]
    [InlineData(WebhookProvider.GitHub, "push", null, "{\"commits\":[{\"action\":\"nested\"}]}", "X-GitHub-Event: push")]
    [InlineData(WebhookProvider.GitHub, "issues.opened", null, "{\"action\":\"opened\",\"issue\":{\"na", "X-GitHub-Event: issues")]
    [InlineData(WebhookProvider.GitHub, "issues", null, "{\"action\":\"ope", "X-GitHub-Event: issues")]
    [InlineData(WebhookProvider.GitHub, "issues", null, "no json", "X-GitHub-Event: issues")]
    [InlineData(WebhookProvider.GitHub, "issues", null, "{\"action\":7}", "X-GitHub-Event: issues")]
    [InlineData(WebhookProvider.GitHub, "issues", null, "{\"action\":\"\\ud800\"}", "X-GitHub-Event: issues")]
    [InlineData(WebhookProvider.GitLab, "Push Hook", "u1", "{}", "X-Gitlab-Event: Push Hook", "X-Gitlab-Event-UUID: u1")]
    [InlineData(WebhookProvider.GitLab, "Push Hook", "k1", "{}", "webhook-id: k1", "webhook-timestamp: 1", "Idempotency-Key: k1", "X-Gitlab-Event: Push Hook")]
    [InlineData(WebhookProvider.Stripe, "invoice.paid", "evt_1", "{\"id\":\"evt_1\",\"data\":{\"object\":{\"type\":\"no\"}},\"type\":\"invoice.paid\"}", "Stripe-Signature: t=1")]
    [InlineData(WebhookProvider.Stripe, null, null, "", "Stripe-Signature: t=1")]
    [InlineData(WebhookProvider.Slack, "app_mention", "Ev1", "{\"type\":\"event_callback\",\"event\":{\"type\":\"app_mention\"},\"event_id\":\"Ev1\"}", "X-Slack-Signature: v0=1")]
    [InlineData(WebhookProvider.Slack, "url_verification", null, "{\"challenge\":\"c\",\"type\":\"url_verification\"}", "X-Slack-Request-Timestamp: 1")]
    [InlineData(WebhookProvider.Slack, "/deploy", null, "text=now&command=%2Fdeploy", "X-Slack-Signature: v0=1", Form)]
    [InlineData(WebhookProvider.Slack, "block_actions", null, "payload=%7B%22type%22%3A%22block_actions%22%7D", "X-Slack-Signature: v0=1", Form)]
    [InlineData(WebhookProvider.Shopify, "orders/create", "w1", "{}", "X-Shopify-Topic: orders/create", "X-Shopify-Webhook-Id: w1")]
    [InlineData(WebhookProvider.Twilio, "message delivered", "i1", "MessageSid=SM1&MessageStatus=delivered", "X-Twilio-Signature: x", "I-Twilio-Idempotency-Token: i1", Form)]
    [InlineData(WebhookProvider.Twilio, "call in-progress", null, "CallSid=CA1&CallStatus=in-progress", "X-Twilio-Signature: x", Form)]
    [InlineData(WebhookProvider.Twilio, "message", null, "Body=hi&MessageSid=SM1", "X-Twilio-Signature: x", Form)]
    [InlineData(WebhookProvider.Twilio, "onMessageAdded", null, "EventType=onMessageAdded&MessageSid=IM1", "X-Twilio-Signature: x", Form)]
    [InlineData(WebhookProvider.Twilio, null, null, "[]", "X-Twilio-Signature: x")]
    [InlineData(WebhookProvider.StandardWebhooks, "user.created", "msg_1", "\uFEFF{\"type\":\"user.created\"}", "webhook-id: msg_1", "webhook-signature: v1,x")]
    [InlineData(WebhookProvider.StandardWebhooks, null, "msg_1", "{}", "Svix-Id: msg_1", "Svix-Timestamp: 1")]
    public void Webhooks_say_what_they_are(WebhookProvider provider, string? name, string? delivery, string body, params string[] fields)
    {
        WebhookInfo info = WebhookRecognizer.Recognize(Fields(fields), Encoding.UTF8.GetBytes(body)).ShouldNotBeNull();

        (info.Provider, info.EventName, info.DeliveryId, info.Signature.Verdict).ShouldBe((provider, name, delivery, SignatureVerdict.NoSecret));
    }

    [Theory]
    [InlineData]
    [InlineData("Accept: */*", "Content-Type: application/json", "X-GitHub-Delivery: 1")]
    [InlineData("webhook-id: 1")]
    [InlineData("X-Request-Id: 1")]
    public void Other_requests_are_none(params string[] fields) =>
        WebhookRecognizer.Recognize(Fields(fields), "{\"type\":\"a\"}"u8).ShouldBeNull();

    [Fact]
    public void Text_of_strangers_is_fit_to_be_shown()
    {
        WebhookInfo info = WebhookRecognizer.Recognize(Fields(["Stripe-Signature: t=1"]), Encoding.UTF8.GetBytes("{\"type\":\"a\\u001b[31m" + new string('x', 1000) + "\"}"))!;

        info.EventName.ShouldStartWith("a?[31m");
        info.EventName!.Length.ShouldBe(200);
    }

    [Fact]
    public void Any_body_and_any_field_is_read_without_an_exception() =>
        Prop.ForAll<byte[], string, string>((body, value, other) =>
        {
            foreach (WebhookProvider provider in Enum.GetValues<WebhookProvider>())
            {
                HeaderField[] fields =
                [
                    .. new[] { "X-GitHub-Event", "X-Hub-Signature-256", "Stripe-Signature", "X-Slack-Signature", "X-Twilio-Signature", "X-Shopify-Hmac-Sha256", "webhook-signature" }
                        .Select(n => new HeaderField(n, value ?? "")),
                    new("webhook-id", other ?? ""), new("webhook-timestamp", other ?? ""), new("Content-Type", "application/x-www-form-urlencoded"),
                ];
                WebhookRecognizer.Recognize(fields[((int)provider)..], body);
                WebhookVerifier.Verify(provider, ["s"], new WebhookRequest(fields, body, true, other ?? ""), default).Verdict.ShouldNotBe(SignatureVerdict.Valid);
            }
        }).QuickCheckThrowOnFailure();

    private static HeaderField[] Fields(string[] lines) =>
        [.. lines.Select(l => new HeaderField(l[..l.IndexOf(':', StringComparison.Ordinal)], l[(l.IndexOf(':', StringComparison.Ordinal) + 2)..]))];
}
