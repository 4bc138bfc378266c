using System.Buffers;
using System.Buffers.Text;
using Ggrok.Client.Inspector.Recording;

namespace Ggrok.Client.Inspector.Messages;

/// <summary>
/// Decodes the base64 of <c>application/grpc-web-text</c>: pieces that may each end with padding, one after the other.
/// </summary>
internal static class Base64Body
{
    private const int GroupChars = 4;
    private const int GroupBytes = 3;

    /// <summary>What was decoded, up to the first byte that is no base64.</summary>
    /// <param name="body">The base64.</param>
    /// <param name="isBroken">There is such a byte.</param>
    public static CapturedBody Decode(CapturedBody body, out bool isBroken)
    {
        isBroken = false;
        byte[] output = new byte[body.Bytes.Length];
        int length = 0;
        var marks = new List<ArrivalMark>();
        Span<byte> group = stackalloc byte[GroupChars];
        Span<byte> decoded = stackalloc byte[GroupBytes];
        int filled = 0;
        ReadOnlySpan<byte> bytes = body.Bytes.Span;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] is (byte)'\r' or (byte)'\n')
            {
                continue;
            }

            group[filled++] = bytes[i];
            if (filled < GroupChars)
            {
                continue;
            }

            filled = 0;
            if (Base64.DecodeFromUtf8(group, decoded, out _, out int written) != OperationStatus.Done)
            {
                isBroken = true;
                break;
            }

            decoded[..written].CopyTo(output.AsSpan(length));
            length += written;
            Mark(marks, length, body.ArrivalOf(i));
        }

        return new CapturedBody(output.AsMemory(0, length), length, marks);
    }

    private static void Mark(List<ArrivalMark> marks, int end, TimeSpan at)
    {
        if (marks.Count > 0 && marks[^1].At == at)
        {
            marks.RemoveAt(marks.Count - 1);
        }

        marks.Add(new ArrivalMark(end, at));
    }
}
