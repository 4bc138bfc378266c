namespace Ggrok.Shared.Webhooks;

/// <summary>What a request is, when it is a webhook.</summary>
/// <param name="Provider">Who sent it, as its fields say: only a valid signature proves it.</param>
/// <param name="EventName">The event in the provider's words (<c>pull_request.opened</c>), or null when the request does not say.</param>
/// <param name="DeliveryId">The provider's id of the delivery or the event, the same when it is sent again; or null.</param>
/// <param name="Signature">What is known of its signature; without a secret nothing.</param>
public sealed record WebhookInfo(WebhookProvider Provider, string? EventName, string? DeliveryId, SignatureCheck Signature);
