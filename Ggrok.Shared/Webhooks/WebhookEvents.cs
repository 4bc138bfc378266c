using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Webhooks;

/// <summary>Where each provider says which event it is and which delivery.</summary>
internal static class WebhookEvents
{
    private static readonly (string Status, string Subject)[] TwilioStatuses =
    [
        ("MessageStatus", "message"), ("SmsStatus", "message"), ("RecordingStatus", "recording"),
        ("TranscriptionStatus", "transcription"), ("CallStatus", "call"),
    ];

    private static readonly (string Id, string Subject)[] TwilioSubjects = [("MessageSid", "message"), ("SmsSid", "message"), ("CallSid", "call")];

    /// <summary>Name of the event and id of the delivery; null for what is not said.</summary>
    public static (string? Name, string? Id) Read(WebhookProvider provider, IReadOnlyList<HeaderField> headers, ReadOnlySpan<byte> body)
    {
        bool form = headers.HasForm();

        // Several providers put their JSON into a form when asked to, or always for some events.
        ReadOnlySpan<byte> json = form ? Encoding.UTF8.GetBytes(FormPeek.Find(body, "payload") ?? "") : body;
        return provider switch
        {
            WebhookProvider.GitHub => (WithAction(headers.Find("X-GitHub-Event"), JsonPeek.Find(json, "action")), headers.Find("X-GitHub-Delivery")),
            WebhookProvider.GitLab => (headers.Find("X-Gitlab-Event"), headers.Find("Idempotency-Key") ?? headers.Find("X-Gitlab-Event-UUID")),
            WebhookProvider.Stripe => (JsonPeek.Find(json, "type"), JsonPeek.Find(json, "id")),
            WebhookProvider.Slack => (SlackName(form ? body : default, json), JsonPeek.Find(json, "event_id")),
            WebhookProvider.Shopify => (headers.Find("X-Shopify-Topic"), headers.Find("X-Shopify-Webhook-Id")),
            WebhookProvider.Twilio => (TwilioName(form ? body : default), headers.Find("I-Twilio-Idempotency-Token")),
            _ => (JsonPeek.Find(json, "type"), headers.Find("webhook-id") ?? headers.Find("svix-id")),
        };
    }

    private static string? WithAction(string? name, string? action) => name is null || action is null ? name : $"{name}.{action}";

    private static string? SlackName(ReadOnlySpan<byte> form, ReadOnlySpan<byte> json) =>
        FormPeek.Find(form, "command") ?? JsonPeek.Find(json, "event", "type") ?? JsonPeek.Find(json, "type");

    private static string? TwilioName(ReadOnlySpan<byte> form)
    {
        if (FormPeek.Find(form, "EventType") is { } name)
        {
            return name;
        }

        foreach ((string status, string subject) in TwilioStatuses)
        {
            if (FormPeek.Find(form, status) is { } value)
            {
                return $"{subject} {value}";
            }
        }

        foreach ((string id, string subject) in TwilioSubjects)
        {
            if (FormPeek.Find(form, id) is not null)
            {
                return subject;
            }
        }

        return null;
    }
}
