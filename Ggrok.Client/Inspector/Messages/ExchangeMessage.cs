namespace Ggrok.Client.Inspector.Messages;

/// <summary>Which way a message went.</summary>
internal enum MessageDirection
{
    /// <summary>From the visitor.</summary>
    ToService,

    /// <summary>To the visitor.</summary>
    FromService,
}

/// <summary>One message of an exchange that has several.</summary>
/// <param name="Direction">Which way it went.</param>
/// <param name="At">When its last byte had arrived, since the exchange began.</param>
/// <param name="Kind">
/// <c>text</c>, <c>binary</c>, <c>ping</c>, <c>pong</c>, <c>close</c> (WebSocket); <c>event</c>, <c>comment</c> (server-sent
/// events); <c>message</c>, <c>trailers</c> (gRPC); <c>invalid</c> for bytes that are none.
/// </param>
/// <param name="Size">Its size in bytes as it travelled, framing not counted.</param>
/// <param name="Payload">Its content, unmasked and decompressed; at most <see cref="MessageBudget.MostOfOne"/> bytes of it.</param>
/// <param name="Note">What else is known of it: a close code, an event's name, what is missing; or null.</param>
internal sealed record ExchangeMessage(
    MessageDirection Direction, TimeSpan At, string Kind, long Size, ReadOnlyMemory<byte> Payload, string? Note);

/// <summary>The messages of an exchange.</summary>
/// <param name="Protocol"><c>WebSocket</c>, <c>Server-sent events</c>, <c>gRPC</c> or <c>gRPC-Web</c>.</param>
/// <param name="Messages">Those of both directions in the order of their arrival.</param>
/// <param name="IsCut">There were more: only the first bytes were kept, or only the first messages are shown.</param>
internal sealed record MessageList(string Protocol, IReadOnlyList<ExchangeMessage> Messages, bool IsCut);
