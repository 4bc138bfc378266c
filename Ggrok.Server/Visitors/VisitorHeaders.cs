namespace Ggrok.Server.Visitors;

/// <summary>Names of the fields that Ggrok adds.</summary>
public static class VisitorHeaders
{
    /// <summary>Name of the <see cref="Shared.Protocol.RelayError"/> in an answer that the server made itself.</summary>
    public const string Error = "X-Ggrok-Error";

    /// <summary>Correlation id, in requests to the local service and in responses.</summary>
    public const string RequestId = "X-Request-ID";

    /// <summary>Marks the server's own health checks to the local service; what a visitor says there is not passed on.</summary>
    public const string HealthCheck = "X-Ggrok-Health";

    /// <summary>Id of a request that was stored, in the answer to its sender and when it is delivered (docs/inbox.md).</summary>
    public const string DeliveryId = "Ggrok-Delivery-Id";

    /// <summary>When a delivered request came: RFC 3339, UTC, milliseconds.</summary>
    public const string Received = "Ggrok-Received";

    /// <summary>Which attempt to deliver a request this is, from 1.</summary>
    public const string Attempt = "Ggrok-Attempt";

    /// <summary>Who the visitor is, to the local service, as the server has found out; UTF-8. What a visitor claims there is removed.</summary>
    public const string User = "X-Ggrok-User";
}
