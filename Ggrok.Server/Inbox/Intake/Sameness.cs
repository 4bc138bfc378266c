using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Edge;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Server.Inbox.Intake;

/// <summary>By what a request is known again that its provider sends a second time.</summary>
/// <param name="Provider">The provider's name; null when it is none that is known.</param>
/// <param name="ProviderId">Its id of the delivery; null where it has none that is safe.</param>
/// <param name="Hash">Hash of tunnel, owner, method, path, provider and id; null without an id.</param>
internal readonly record struct Sameness(string? Provider, string? ProviderId, string? Hash)
{
    // What is longer was cut there, and may be another one.
    private const int LongestId = 200;

    /// <summary>What a request says of itself.</summary>
    public static Sameness Of(EdgeExchange exchange, string tunnel, ReadOnlySpan<byte> body)
    {
        List<HeaderField> headers = exchange.Head.Headers;
        if (WebhookRecognizer.Recognize(headers, body) is not { } webhook)
        {
            return default;
        }

        string provider = NameOf(webhook.Provider);
        string? id = IdOf(webhook, headers);
        if (id is null || id.Length >= LongestId)
        {
            return new Sameness(provider, null, null);
        }

        // One event may be sent to several paths, and to each it is another delivery.
        string all = string.Join('\n', tunnel, InboxOwner.HashOf(exchange.Route), exchange.Method, RequestTarget.Path(exchange.VisitorTarget).ToString(), provider, id);
        return new Sameness(provider, id, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)).AsSpan(0, 16)));
    }

    // What GitLab calls the event's id is shared by events that follow from one another.
    private static string? IdOf(WebhookInfo webhook, List<HeaderField> headers) => webhook.Provider == WebhookProvider.GitLab
        ? headers.Find(h => h.Name.Equals("Idempotency-Key", StringComparison.OrdinalIgnoreCase)).Value
        : webhook.DeliveryId;

    private static string NameOf(WebhookProvider provider) => provider switch
    {
        WebhookProvider.StandardWebhooks => "standard",
        _ => provider.ToString().ToLowerInvariant(),
    };
}
