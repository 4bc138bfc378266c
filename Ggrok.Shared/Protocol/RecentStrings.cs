using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Ggrok.Shared.Protocol;

/// <summary>
/// Gives the same string for bytes that were met a moment ago on the same thread. Names and most values of a head are those
/// of the head before (Host, User-Agent, Date, Accept).
/// </summary>
public static class RecentStrings
{
    private const int LongestText = 128;
    private const int Entries = 512;

    [ThreadStatic]
    private static string?[]? s_recent;

    /// <summary>The text of UTF-8 bytes.</summary>
    public static string OfUtf8(ReadOnlySpan<byte> bytes) => TryGet(bytes) ?? Encoding.UTF8.GetString(bytes);

    /// <summary>The text of bytes that are one char each (ISO 8859-1), as in HTTP/1.1 fields.</summary>
    public static string OfLatin1(ReadOnlySpan<byte> bytes) => TryGet(bytes) ?? Encoding.Latin1.GetString(bytes);

    // Null when they are too many, none, or not ASCII.
    private static string? TryGet(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > LongestText || !Ascii.IsValid(bytes))
        {
            return null;
        }

        string?[] recent = s_recent ??= new string?[Entries];
        ref string? entry = ref recent[Hash(bytes) % Entries];
        return entry is not null && entry.Length == bytes.Length && Ascii.Equals(bytes, entry)
            ? entry
            : entry = Encoding.ASCII.GetString(bytes);
    }

    // Whoever makes values collide only loses what the table gives.
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = (ulong)bytes.Length;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            hash = BitOperations.RotateLeft(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes), 5) * 0x9E3779B97F4A7C15;
        }

        foreach (byte b in bytes)
        {
            hash = (hash ^ b) * 0x9E3779B97F4A7C15;
        }

        return (uint)(hash >> 40);
    }
}
