using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Testing;

/// <summary>Makes and reads raw messages.</summary>
public static class Frames
{
    public static byte[] Of(FrameKind kind, uint stream, ReadOnlySpan<byte> payload, FrameFlags flags = FrameFlags.None)
    {
        byte[] message = new byte[FrameHeader.Size + payload.Length];
        new FrameHeader(kind, flags, stream, payload.Length).Write(message);
        payload.CopyTo(message.AsSpan(FrameHeader.Size));
        return message;
    }

    public static List<FrameHeader> Parse(InMemoryTransport transport)
    {
        var headers = new List<FrameHeader>();
        lock (transport.Sent)
        {
            foreach (byte[] message in transport.Sent)
            {
                var reader = new FrameReader(message);
                while (reader.TryRead(out FrameHeader header, out _))
                {
                    headers.Add(header);
                }
            }
        }

        return headers;
    }
}
