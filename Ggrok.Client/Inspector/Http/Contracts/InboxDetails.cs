using Ggrok.Client.Inbox.Contracts;

namespace Ggrok.Client.Inspector.Http.Contracts;

/// <summary>What the server keeps for the tunnels of this client; the schema Inbox in openapi.json says what each field means.</summary>
internal sealed record InboxView
{
    public required IReadOnlyList<InboxTunnel> Inboxes { get; init; }

    public required IReadOnlyList<InboxItem> Items { get; init; }

    public bool More { get; init; }

    public string? Problem { get; init; }
}

/// <summary>A stored request; the schema StoredRequest in openapi.json says what each field means.</summary>
internal sealed record StoredDetails(InboxItem Summary, string Version, IReadOnlyList<string[]> Headers, BodyDetails Body);

/// <summary>What an exchange has to do with an inbox; the schema Delivery in openapi.json says what each field means.</summary>
internal sealed record DeliveryDetails(string Id, DateTimeOffset? Received, int? Attempt);
