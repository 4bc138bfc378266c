using Ggrok.Server.Relay;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Balancing;

/// <summary>Whether a request that failed may be sent again: to another member at once, or later. The tables in <c>docs/balancing.md</c>, as code.</summary>
internal static class RetryRule
{
    /// <summary>Whether another member may get it.</summary>
    /// <param name="error">How it failed.</param>
    /// <param name="head">The request.</param>
    /// <param name="isSent">Its head may have reached the client.</param>
    /// <param name="isAnswered">The client began a response.</param>
    /// <param name="hasWholeBody">There is no body, or all that was read of it is still here.</param>
    public static bool Allows(RelayError error, RequestHead head, bool isSent, bool isAnswered, bool hasWholeBody) =>
        !isAnswered && hasWholeBody && (IsUnseen(error, isSent) || (IsRepeatable(head) && IsLoss(error)));

    /// <summary>Whether it may be tried later, at whoever is there then.</summary>
    /// <param name="error">How it failed.</param>
    /// <param name="head">The request.</param>
    /// <param name="record">What became of it.</param>
    /// <param name="hasWholeBody">There is no body, or all that was read of it is still here.</param>
    /// <param name="repeats">Whether it may be repeated where the local service may have seen it.</param>
    public static bool AllowsLater(RelayError error, RequestHead head, ExchangeRecord record, bool hasWholeBody, bool repeats) =>
        !record.IsAnswered && hasWholeBody
        && (IsUnseen(error, record.IsSent) || error is RelayError.TunnelAway or RelayError.NoHealthyMember || (repeats && IsRepeatable(head) && IsLoss(error)));

    // The local service has seen nothing of it: the client says so, or was not told of the request.
    private static bool IsUnseen(RelayError error, bool isSent) => error switch
    {
        RelayError.LocalUnreachable or RelayError.LocalTlsFailed or RelayError.TooManyStreams or RelayError.Draining => true,
        RelayError.TunnelLost => !isSent,
        _ => false,
    };

    // Not a timeout: the visitor has waited as long as the server lets anybody wait.
    private static bool IsLoss(RelayError error) => error is RelayError.TunnelLost or RelayError.ResponseHeadLocal or RelayError.LocalProtocol;

    // RFC 9110 section 9.2.2. A body has been consumed, and an upgrade is a conversation.
    private static bool IsRepeatable(RequestHead head) =>
        !head.HasBody && head.Upgrade is null && head.Method is ("GET" or "HEAD" or "OPTIONS" or "TRACE" or "PUT" or "DELETE");
}
