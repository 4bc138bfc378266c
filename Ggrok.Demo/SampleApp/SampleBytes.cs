using System.Security.Cryptography;

namespace Ggrok.Demo.SampleApp;

/// <summary>
/// The bytes of <c>/download</c> and <c>/file</c>: byte <c>i</c> depends on <c>i</c> alone, so that any part can be checked,
/// and its pattern repeats only after 16 MiB, so that a block lost, doubled or swapped shows.
/// </summary>
public static class SampleBytes
{
    /// <summary>The byte at an offset.</summary>
    public static byte At(long offset) => (byte)((offset * 31) ^ (offset >> 8) ^ (offset >> 16));

    /// <summary>Fills a block that begins at an offset.</summary>
    public static void Fill(Span<byte> block, long offset)
    {
        for (int i = 0; i < block.Length; i++)
        {
            block[i] = At(offset + i);
        }
    }

    /// <summary>SHA-256 of the first <paramref name="count"/> bytes.</summary>
    public static byte[] Sha256(long count)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[64 * 1024];
        for (long offset = 0; offset < count; offset += block.Length)
        {
            Span<byte> part = block.AsSpan(0, (int)Math.Min(block.Length, count - offset));
            Fill(part, offset);
            hash.AppendData(part);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>A digest as the value of a <c>Repr-Digest</c> field (RFC 9530 section 3).</summary>
    public static string ReprDigest(byte[] sha256) => $"sha-256=:{Convert.ToBase64String(sha256)}:";
}
