namespace Ggrok.Client.Inbox.Contracts;

/// <summary>Fields of a request that comes out of an inbox.</summary>
internal static class InboxFields
{
    /// <summary>Id of the stored request, the same in each attempt.</summary>
    public const string DeliveryId = "Ggrok-Delivery-Id";

    /// <summary>When it came, as of RFC 3339, in UTC with milliseconds.</summary>
    public const string Received = "Ggrok-Received";

    /// <summary>Which attempt this is, from 1.</summary>
    public const string Attempt = "Ggrok-Attempt";

    /// <summary>A time as <see cref="Received"/> has it.</summary>
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
}
