using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Ggrok.Shared.Protocol;

/// <summary>Encodes and decodes the handshake, each of whose messages is one frame on stream 0.</summary>
public static class HandshakeCodec
{
    /// <summary>A whole message with one frame of <paramref name="kind"/>.</summary>
    public static byte[] Encode<T>(FrameKind kind, T value, JsonTypeInfo<T> type)
    {
        byte[] payload = JsonSerializer.SerializeToUtf8Bytes(value, type);
        byte[] message = new byte[FrameHeader.Size + payload.Length];
        new FrameHeader(kind, FrameFlags.None, 0, payload.Length).Write(message);
        payload.CopyTo(message.AsSpan(FrameHeader.Size));
        return message;
    }

    /// <summary>The single frame of a handshake message.</summary>
    /// <exception cref="ProtocolViolationException">The message is not exactly one frame on stream 0.</exception>
    public static (FrameKind Kind, byte[] Payload) DecodeFrame(ReadOnlySpan<byte> message)
    {
        var reader = new FrameReader(message);
        if (!reader.TryRead(out FrameHeader header, out ReadOnlySpan<byte> payload))
        {
            throw new ProtocolViolationException(CloseReason.FrameTruncated);
        }

        byte[] copy = payload.ToArray();
        if (header.Stream != 0 || reader.TryRead(out _, out _))
        {
            throw new ProtocolViolationException(CloseReason.WrongStream);
        }

        return (header.Kind, copy);
    }

    /// <summary>Reads a JSON payload of the handshake.</summary>
    /// <exception cref="ProtocolViolationException">The payload is not what its kind says.</exception>
    public static T DecodePayload<T>(ReadOnlySpan<byte> payload, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, type)
                ?? throw new ProtocolViolationException(CloseReason.FrameMalformed);
        }
        catch (JsonException)
        {
            throw new ProtocolViolationException(CloseReason.FrameMalformed);
        }
    }
}
