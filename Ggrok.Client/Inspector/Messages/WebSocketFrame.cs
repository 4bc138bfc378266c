using System.Buffers.Binary;

namespace Ggrok.Client.Inspector.Messages;

/// <summary>Opcodes of RFC 6455 section 5.2.</summary>
internal enum WebSocketOpcode : byte
{
    /// <summary>Goes on with a message.</summary>
    Continuation = 0,

    /// <summary>Begins a message of text.</summary>
    Text = 1,

    /// <summary>Begins a message of bytes.</summary>
    Binary = 2,

    /// <summary>Ends the direction.</summary>
    Close = 8,

    /// <summary>Asks for a pong.</summary>
    Ping = 9,

    /// <summary>Answers a ping, or nothing.</summary>
    Pong = 10,
}

/// <summary>Header of a WebSocket frame (RFC 6455 section 5.2).</summary>
internal readonly record struct WebSocketFrame
{
    private const int MostOfControl = 125;

    /// <summary>Size of the header, the mask included.</summary>
    public int HeaderBytes { get; private init; }

    /// <summary>What it is.</summary>
    public WebSocketOpcode Opcode { get; private init; }

    /// <summary>It ends its message.</summary>
    public bool IsFinal { get; private init; }

    /// <summary>The message that it begins is compressed (RFC 7692 section 6).</summary>
    public bool IsCompressed { get; private init; }

    /// <summary>Its payload is masked.</summary>
    public bool IsMasked { get; private init; }

    /// <summary>Length of the payload; more than an <see cref="long"/> holds is a mistake.</summary>
    public ulong Length { get; private init; }

    /// <summary>Not a part of a message: may stand between such parts.</summary>
    public bool IsControl => (byte)Opcode >= 8;

    private bool HasReservedBits { get; init; }

    private uint Mask { get; init; }

    /// <summary>Reads a header; false when the bytes end within it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out WebSocketFrame frame)
    {
        frame = default;
        if (bytes.Length < 2)
        {
            return false;
        }

        int lengthBytes = (bytes[1] & 0x7F) switch { 126 => 2, 127 => 8, _ => 0 };
        bool masked = (bytes[1] & 0x80) != 0;
        int header = 2 + lengthBytes + (masked ? 4 : 0);
        if (bytes.Length < header)
        {
            return false;
        }

        frame = new WebSocketFrame
        {
            HeaderBytes = header,
            Opcode = (WebSocketOpcode)(bytes[0] & 0x0F),
            IsFinal = (bytes[0] & 0x80) != 0,
            IsCompressed = (bytes[0] & 0x40) != 0,
            HasReservedBits = (bytes[0] & 0x30) != 0,
            IsMasked = masked,
            Mask = masked ? BinaryPrimitives.ReadUInt32BigEndian(bytes[(header - 4)..]) : 0,
            Length = lengthBytes switch
            {
                2 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
                8 => BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]),
                _ => (ulong)(bytes[1] & 0x7F),
            },
        };
        return true;
    }

    /// <summary>Why it cannot stand here, or null.</summary>
    /// <param name="within">A message has begun and not ended.</param>
    /// <param name="mayCompress">permessage-deflate was agreed on.</param>
    public string? Mistake(bool within, bool mayCompress)
    {
        if (HasReservedBits || (IsCompressed && !mayCompress))
        {
            return "a reserved bit is set that no extension was agreed on for";
        }

        if (Length > long.MaxValue)
        {
            return "a length above 2^63";
        }

        return Opcode switch
        {
            WebSocketOpcode.Continuation when !within => "a continuation of nothing",
            WebSocketOpcode.Continuation when IsCompressed => "the compressed bit in a continuation",
            WebSocketOpcode.Text or WebSocketOpcode.Binary when within => "a new message before the last one ended",
            WebSocketOpcode.Continuation or WebSocketOpcode.Text or WebSocketOpcode.Binary => null,
            WebSocketOpcode.Close or WebSocketOpcode.Ping or WebSocketOpcode.Pong =>
                !IsFinal ? "a control frame in parts" : Length > MostOfControl ? "a control frame above 125 bytes" : IsCompressed ? "a compressed control frame" : null,
            _ => "an unknown opcode",
        };
    }

    /// <summary>The payload without its mask; a copy where there is one.</summary>
    public ReadOnlyMemory<byte> Unmask(ReadOnlyMemory<byte> payload)
    {
        if (!IsMasked)
        {
            return payload;
        }

        Span<byte> mask = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(mask, Mask);
        byte[] bytes = payload.ToArray();
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= mask[i & 3];
        }

        return bytes;
    }
}
