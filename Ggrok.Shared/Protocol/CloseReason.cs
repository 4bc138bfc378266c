using System.Text.Json.Serialization;

namespace Ggrok.Shared.Protocol;

/// <summary>Why a tunnel connection ended. The name travels as the WebSocket close description.</summary>
[JsonConverter(typeof(EnumNameConverter<CloseReason>))]
public enum CloseReason
{
    /// <summary>Both sides were done.</summary>
    Normal = 0,

    /// <summary>The transport broke without a word.</summary>
    TransportLost,

    /// <summary>No frame arrived for two heartbeats.</summary>
    HeartbeatMissed,

    /// <summary>A message could not be sent for two heartbeats: the peer does not read.</summary>
    SendStalled,

    /// <summary>The server or client is shutting down.</summary>
    Drained,

    /// <summary>A newer session of the same client took over.</summary>
    Replaced,

    /// <summary>The session's token was revoked.</summary>
    TokenRevoked,

    /// <summary>The time of the session's token is over.</summary>
    TokenExpired,

    /// <summary>The session's token does not allow its tunnels any more.</summary>
    TokenNarrowed,

    /// <summary>The operator of the server ended the session.</summary>
    EndedByOperator,

    /// <summary>No complete Hello, or no answer to it, in time.</summary>
    HandshakeTimeout,

    /// <summary>A frame does not end where its message ends.</summary>
    FrameTruncated,

    /// <summary>A frame or message is larger than allowed.</summary>
    FrameTooLarge,

    /// <summary>A text message, or a payload that is not what its kind says.</summary>
    FrameMalformed,

    /// <summary>A frame for the connection came on a stream, or the reverse.</summary>
    WrongStream,

    /// <summary>A frame names a stream that was never opened, or an id out of order.</summary>
    UnknownStream,

    /// <summary>Data beyond the stream's credit.</summary>
    CreditExceeded,

    /// <summary>Credit beyond the largest window, or of zero bytes.</summary>
    CreditInvalid,

    /// <summary>More streams opened than the receiver allows.</summary>
    StreamFlood,

    /// <summary>More frames without credit (heads, trailers) queued on a stream than a peer has use for.</summary>
    FrameFlood,

    /// <summary>A frame after the direction was ended.</summary>
    FrameAfterEnd,

    /// <summary>An Ack of bytes that were never sent, or not sent as whole messages.</summary>
    AckInvalid,

    /// <summary>This side has a bug: an exception without a name.</summary>
    Internal,
}

/// <summary>The peer broke the protocol; the tunnel closes with <see cref="Reason"/>.</summary>
public sealed class ProtocolViolationException : Exception
{
    /// <summary>Creates the exception for a named reason.</summary>
    public ProtocolViolationException(CloseReason reason)
        : base($"The peer broke the ggrok.v1 protocol: {reason}.")
    {
        Reason = reason;
    }

    /// <summary>What was broken.</summary>
    public CloseReason Reason { get; }
}
