using System.Buffers.Binary;
using System.Text;

namespace Ggrok.Server.TlsPassthrough;

/// <summary>What the first bytes of a connection are.</summary>
internal enum ClientHelloState
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>A whole ClientHello.</summary>
    Complete,

    /// <summary>No TLS, or not valid.</summary>
    Invalid,
}

/// <summary>
/// Reads the server name (RFC 6066 section 3) out of a ClientHello (RFC 8446 section 4.1.2), which nothing encrypts. The
/// bytes are looked at, not consumed.
/// </summary>
internal static class ClientHello
{
    /// <summary>More than any client sends; a longer one is refused.</summary>
    public const int MostBytes = 32 * 1024;

    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;
    private const int RecordHeaderBytes = 5;
    private const int MessageHeaderBytes = 4;
    private const int LargestRecord = 16 * 1024;
    private const int VersionAndRandomBytes = 34;
    private const ushort ServerNameExtension = 0;
    private const byte HostName = 0;

    /// <summary>Looks at the bytes that have arrived.</summary>
    /// <param name="bytes">Everything since the beginning of the connection.</param>
    /// <param name="serverName">The name as the client sent it; null when it sent none.</param>
    public static ClientHelloState Read(ReadOnlySpan<byte> bytes, out string? serverName)
    {
        serverName = null;
        if (bytes.Length > MostBytes)
        {
            return ClientHelloState.Invalid;
        }

        Span<byte> header = stackalloc byte[MessageHeaderBytes];
        ClientHelloState state = Unwrap(bytes, header.Length, header);
        if (state != ClientHelloState.Complete)
        {
            return state;
        }

        int length = MessageHeaderBytes + ((header[1] << 16) | BinaryPrimitives.ReadUInt16BigEndian(header[2..]));
        if (length > MostBytes)
        {
            return ClientHelloState.Invalid;
        }

        // Nothing is copied before all is there: a visitor who sends byte by byte must not cost a copy for each.
        state = Unwrap(bytes, length, default);
        if (state != ClientHelloState.Complete)
        {
            return state;
        }

        byte[] message = new byte[length];
        Unwrap(bytes, length, message);
        return TryReadMessage(message.AsSpan(MessageHeaderBytes), out serverName) ? ClientHelloState.Complete : ClientHelloState.Invalid;
    }

    private static bool TryReadMessage(ReadOnlySpan<byte> message, out string? serverName)
    {
        serverName = null;
        var reader = new Reader(message);
        return reader.Skip(VersionAndRandomBytes)
            && reader.TryTake(lengthBytes: 1, out _)
            && reader.TryTake(lengthBytes: 2, out _)
            && reader.TryTake(lengthBytes: 1, out _)
            && TryFindName(reader, out serverName);
    }

    /// <summary>
    /// Whether the first bytes of the message are there; takes them out of their records into <paramref name="message"/>
    /// unless that is empty. A message may be spread over several records (RFC 8446 section 5.1).
    /// </summary>
    private static ClientHelloState Unwrap(ReadOnlySpan<byte> bytes, int wanted, Span<byte> message)
    {
        int length = 0;
        while (true)
        {
            if (bytes.Length > 0 && bytes[0] != HandshakeRecord || bytes.Length > 1 && bytes[1] != 3)
            {
                return ClientHelloState.Invalid;
            }

            if (bytes.Length < RecordHeaderBytes)
            {
                return ClientHelloState.Incomplete;
            }

            int record = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
            bool beginsWrong = length == 0 && bytes.Length > RecordHeaderBytes && bytes[RecordHeaderBytes] != ClientHelloMessage;
            if (record is 0 or > LargestRecord || beginsWrong)
            {
                return ClientHelloState.Invalid;
            }

            int count = Math.Min(Math.Min(record, bytes.Length - RecordHeaderBytes), wanted - length);
            if (!message.IsEmpty)
            {
                bytes.Slice(RecordHeaderBytes, count).CopyTo(message[length..]);
            }

            length += count;
            if (length == wanted)
            {
                return ClientHelloState.Complete;
            }

            if (count < record)
            {
                return ClientHelloState.Incomplete;
            }

            bytes = bytes[(RecordHeaderBytes + record)..];
        }
    }

    private static bool TryFindName(Reader hello, out string? serverName)
    {
        serverName = null;
        if (hello.IsEmpty)
        {
            // Without extensions, as before TLS 1.2.
            return true;
        }

        if (!hello.TryTake(lengthBytes: 2, out Reader extensions))
        {
            return false;
        }

        while (!extensions.IsEmpty)
        {
            if (!extensions.TryNumber(2, out int type) || !extensions.TryTake(lengthBytes: 2, out Reader extension))
            {
                return false;
            }

            if (type == ServerNameExtension)
            {
                return extension.TryTake(lengthBytes: 2, out Reader names) && TryFindHostName(names, out serverName);
            }
        }

        return true;
    }

    private static bool TryFindHostName(Reader names, out string? serverName)
    {
        serverName = null;
        while (!names.IsEmpty)
        {
            if (!names.TryNumber(1, out int type) || !names.TryTake(lengthBytes: 2, out Reader name))
            {
                return false;
            }

            if (type == HostName)
            {
                serverName = Encoding.ASCII.GetString(name.Rest);
                return true;
            }
        }

        return true;
    }

    /// <summary>Takes fields with a length in front; every step says whether there were enough bytes.</summary>
    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        public ReadOnlySpan<byte> Rest { get; private set; } = bytes;

        public readonly bool IsEmpty => Rest.IsEmpty;

        public bool Skip(int count)
        {
            if (Rest.Length < count)
            {
                return false;
            }

            Rest = Rest[count..];
            return true;
        }

        public bool TryNumber(int size, out int value)
        {
            value = 0;
            if (Rest.Length < size)
            {
                return false;
            }

            foreach (byte b in Rest[..size])
            {
                value = (value << 8) | b;
            }

            Rest = Rest[size..];
            return true;
        }

        public bool TryTake(int lengthBytes, out Reader field)
        {
            field = default;
            if (!TryNumber(lengthBytes, out int length) || Rest.Length < length)
            {
                return false;
            }

            field = new Reader(Rest[..length]);
            Rest = Rest[length..];
            return true;
        }
    }
}
