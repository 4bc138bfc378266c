using System.Globalization;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Inbox;

/// <summary>Tells of a request whether it came out of an inbox. A server that has inboxes lets no visitor say so.</summary>
internal static class DeliveryMark
{
    /// <summary>What its fields say; null when it came straight from a visitor.</summary>
    public static DeliveryDetails? Of(IReadOnlyList<HeaderField> fields)
    {
        if (fields.ValueOf(InboxFields.DeliveryId) is not { } id)
        {
            return null;
        }

        bool hasTime = DateTimeOffset.TryParse(fields.ValueOf(InboxFields.Received), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset received);
        bool hasAttempt = int.TryParse(fields.ValueOf(InboxFields.Attempt), NumberStyles.None, CultureInfo.InvariantCulture, out int attempt);
        return new DeliveryDetails(Printable.Clean(id), hasTime ? received : null, hasAttempt ? attempt : null);
    }
}
