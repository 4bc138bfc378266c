using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Messages;

/// <summary>Reads the length-prefixed messages of one direction of a gRPC call, and the trailers of gRPC-Web among them.</summary>
/// <param name="body">What was kept of the direction.</param>
/// <param name="encoding">How its compressed messages are compressed (<c>grpc-encoding</c>), or null.</param>
/// <param name="isWeb">gRPC-Web, whose trailers are in the body.</param>
/// <param name="log">Takes the messages.</param>
internal sealed class GrpcReader(CapturedBody body, string? encoding, bool isWeb, MessageLog log)
{
    private const int PrefixBytes = 5;
    private const byte CompressedFlag = 1;
    private const byte TrailersFlag = 0x80;

    /// <summary>Trailers were among the messages.</summary>
    public bool HasTrailers { get; private set; }

    /// <summary>Reads all that is there.</summary>
    public void Read()
    {
        int at = 0;
        while (at + PrefixBytes <= body.Bytes.Length && !log.IsFull)
        {
            ReadOnlySpan<byte> prefix = body.Bytes.Span.Slice(at, PrefixBytes);
            byte flags = prefix[0];
            uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
            bool trailers = isWeb && (flags & TrailersFlag) != 0;
            if ((flags & ~(CompressedFlag | (trailers ? TrailersFlag : 0))) != 0)
            {
                log.AddInvalid(at, "unknown flags in front of a message");
                return;
            }

            int have = (int)Math.Min(length, body.Bytes.Length - at - PrefixBytes);
            Add(body.Bytes.Slice(at + PrefixBytes, have), length, (flags & CompressedFlag) != 0, trailers, at + PrefixBytes + have - 1);
            at += PrefixBytes + have;
        }

        if (at < body.Bytes.Length && !log.IsFull)
        {
            var notes = new MessageNotes();
            log.TellEnd(body.Bytes.Length - at, notes);
            log.Add(body.Bytes.Length - 1, "message", body.Bytes.Length - at, default, notes);
        }
    }

    private void Add(ReadOnlyMemory<byte> payload, uint length, bool compressed, bool trailers, int last)
    {
        var notes = new MessageNotes();
        int have = payload.Length;
        if (compressed)
        {
            payload = Decompress(payload, have == length, notes);
        }

        if (have < length)
        {
            log.TellEnd(have, notes);
        }

        if (trailers)
        {
            HasTrailers = true;
            string text = Encoding.Latin1.GetString(payload.Span);
            notes.Add(GrpcStatus.Describe(TrailerOf(text, "grpc-status"), TrailerOf(text, "grpc-message")));
        }

        log.Add(last, trailers ? "trailers" : "message", length, payload, notes);
    }

    private ReadOnlyMemory<byte> Decompress(ReadOnlyMemory<byte> payload, bool isWhole, MessageNotes notes)
    {
        using var decompressor = encoding is null ? null : Decompressor.For(encoding, payload.Span);
        if (decompressor is null)
        {
            notes.Add(encoding is null or "identity"
                ? "not valid: compressed, though no grpc-encoding says how"
                : $"not decompressed: {Printable.Clean(encoding)} is not supported");
            return payload;
        }

        var output = new BoundedOutput(log.Budget.ForNext);
        try
        {
            decompressor.Decode(payload, output);
            notes.Add($"compressed with {encoding}");
            if (output.Overflowed)
            {
                MessageBudget.TellCut(output.Length, notes);
            }
            else if (isWhole && !decompressor.IsComplete())
            {
                notes.Add("not valid: the compressed data ends early");
            }
        }
        catch (InvalidDataException)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"not valid: the {encoding} data is broken behind the first {output.Length} bytes"));
        }

        return output.Written;
    }

    private static string? TrailerOf(string text, string name)
    {
        foreach (string line in text.Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line.AsSpan(0, colon).Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return line[(colon + 1)..].Trim();
            }
        }

        return null;
    }
}
