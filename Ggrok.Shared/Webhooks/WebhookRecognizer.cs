using System.Collections.Frozen;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Webhooks;

/// <summary>Tells whether a request is a webhook, and which.</summary>
public static class WebhookRecognizer
{
    // A request of these providers has at least one of the fields, also when it is not signed.
    private static readonly FrozenDictionary<string, WebhookProvider> Marks = new Dictionary<string, WebhookProvider>(StringComparer.OrdinalIgnoreCase)
    {
        ["X-GitHub-Event"] = WebhookProvider.GitHub,
        ["X-Gitlab-Event"] = WebhookProvider.GitLab,
        ["X-Gitlab-Token"] = WebhookProvider.GitLab,
        ["Stripe-Signature"] = WebhookProvider.Stripe,
        ["X-Slack-Signature"] = WebhookProvider.Slack,
        ["X-Slack-Request-Timestamp"] = WebhookProvider.Slack,
        ["X-Shopify-Topic"] = WebhookProvider.Shopify,
        ["X-Shopify-Hmac-Sha256"] = WebhookProvider.Shopify,
        ["X-Twilio-Signature"] = WebhookProvider.Twilio,
        ["I-Twilio-Idempotency-Token"] = WebhookProvider.Twilio,
        ["webhook-id"] = WebhookProvider.StandardWebhooks,
        ["webhook-timestamp"] = WebhookProvider.StandardWebhooks,
        ["webhook-signature"] = WebhookProvider.StandardWebhooks,
        ["svix-id"] = WebhookProvider.StandardWebhooks,
        ["svix-timestamp"] = WebhookProvider.StandardWebhooks,
        ["svix-signature"] = WebhookProvider.StandardWebhooks,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    // One of the names alone, such as webhook-id, means something else to others.
    private const int FewestStandardFields = 2;

    /// <summary>What webhook a request is; null when it is none. Looks at the body only when the fields say that it is one.</summary>
    /// <param name="headers">Field lines of the request.</param>
    /// <param name="body">Its body or the beginning of it; text that cannot be read leaves what the fields say.</param>
    public static WebhookInfo? Recognize(IReadOnlyList<HeaderField> headers, ReadOnlySpan<byte> body)
    {
        if (FindProvider(headers) is not { } provider)
        {
            return null;
        }

        (string? name, string? id) = WebhookEvents.Read(provider, headers, body);
        return new WebhookInfo(provider, Shown(name), Shown(id), WebhookVerifier.NoSecret(provider));
    }

    private static WebhookProvider? FindProvider(IReadOnlyList<HeaderField> headers)
    {
        int standard = 0;
        for (int i = 0; i < headers.Count; i++)
        {
            if (!Marks.TryGetValue(headers[i].Name, out WebhookProvider provider))
            {
                continue;
            }

            // Others send the standard's fields beside their own.
            if (provider != WebhookProvider.StandardWebhooks)
            {
                return provider;
            }

            standard++;
        }

        return standard >= FewestStandardFields ? WebhookProvider.StandardWebhooks : null;
    }

    private static string? Shown(string? text) => string.IsNullOrEmpty(text) ? null : Printable.Clean(text);
}
