using System.Security.Cryptography;

namespace Ggrok.Bench.App;

/// <summary>A file of random bytes, so that bytes which are lost, repeated or swapped change the checksum.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">Its SHA-256 in upper case hexadecimal.</param>
internal sealed record BulkFile(string Path, long Length, string Sha256)
{
    public static async Task<BulkFile> CreateAsync(string path, long length, CancellationToken stop)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[1 << 20];
        await using FileStream file = File.Create(path, bufferSize: 0);
        for (long left = length; left > 0; left -= block.Length)
        {
            Memory<byte> part = block.AsMemory(0, (int)Math.Min(left, block.Length));
            RandomNumberGenerator.Fill(part.Span);
            hash.AppendData(part.Span);
            await file.WriteAsync(part, stop).ConfigureAwait(false);
        }

        return new BulkFile(path, length, Convert.ToHexString(hash.GetHashAndReset()));
    }
}
