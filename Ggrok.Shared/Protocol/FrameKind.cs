namespace Ggrok.Shared.Protocol;

/// <summary>First byte of a frame: what it carries. Unknown kinds are skipped and counted.</summary>
public enum FrameKind : byte
{
    /// <summary>Client's first frame, JSON: who it is and which tunnels it wants.</summary>
    Hello = 1,

    /// <summary>Server's answer, JSON: session id, public URLs, limits.</summary>
    Welcome = 2,

    /// <summary>Server's refusal, JSON: code, message, whether trying again can help.</summary>
    Rejected = 3,

    /// <summary>JSON envelope that opens an exchange or answers it: request, response, informational response, upgrade.</summary>
    Head = 4,

    /// <summary>Body or raw bytes; counts against the stream's credit.</summary>
    Data = 5,

    /// <summary>Half-close: the sender writes nothing more on this stream. No payload.</summary>
    End = 6,

    /// <summary>JSON: HTTP trailer fields, sent before <see cref="End"/>.</summary>
    Trailers = 7,

    /// <summary>u16 <see cref="RelayError"/>: the stream is over, both directions.</summary>
    Reset = 8,

    /// <summary>u32: further bytes of <see cref="Data"/> that the receiver of this frame may send on the stream.</summary>
    Credit = 9,

    /// <summary>u64 opaque: answer with <see cref="Pong"/> of the same value.</summary>
    Ping = 10,

    /// <summary>u64: the value of the <see cref="Ping"/> it answers.</summary>
    Pong = 11,

    /// <summary>JSON: open no new streams, finish what runs, connect again.</summary>
    GoAway = 12,

    /// <summary>u64: bytes of the session that arrived. Alone in its message, which does not count.</summary>
    Ack = 13,

    /// <summary>JSON <see cref="RawOpen"/>: opens a raw connection (TCP, or UDP as length-prefixed datagrams) instead of an exchange.</summary>
    Open = 14,
}

/// <summary>Second byte of a frame. Unknown bits are ignored.</summary>
[Flags]
public enum FrameFlags : byte
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>On <see cref="FrameKind.Data"/>: the sender has more to send but this frame used up its credit.</summary>
    Blocked = 1,
}
