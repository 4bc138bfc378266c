using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ggrok.Server.Inbox.Items;

namespace Ggrok.Server.Inbox.Files;

/// <summary>
/// The file of an item: a line with the length of the head and its checksum, the head as JSON, a line feed, the body. It does not
/// change any more; what changes stands in another file beside it.
/// </summary>
internal static class ItemFile
{
    private const string Mark = "ggrok-inbox-1";
    private const int LongestLine = 128;
    private const int LongestHead = 4 * 1024 * 1024;

    /// <summary>The bytes in front of the body.</summary>
    public static byte[] Head(InboxItem item, InboxRequest request, ReadOnlySpan<byte> body)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new StoredHead(item, request, Convert.ToHexStringLower(SHA256.HashData(body))), StoredJson.Default.StoredHead);
        string line = string.Create(CultureInfo.InvariantCulture, $"{Mark} {json.Length} {Convert.ToHexStringLower(SHA256.HashData(json))}\n");
        return [.. Encoding.ASCII.GetBytes(line), .. json, (byte)'\n'];
    }

    /// <summary>Reads the head, and leaves the stream where the body begins.</summary>
    /// <exception cref="InvalidDataException">It is no file of an item, or not a whole one.</exception>
    public static StoredHead ReadHead(Stream file)
    {
        string[] words = ReadLine(file).Split(' ');
        if (words.Length != 3 || words[0] != Mark || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length > LongestHead)
        {
            throw new InvalidDataException("it does not begin like one");
        }

        byte[] json = new byte[length + 1];
        if (file.ReadAtLeast(json, json.Length, throwOnEndOfStream: false) < json.Length || Convert.ToHexStringLower(SHA256.HashData(json.AsSpan(0, length))) != words[2])
        {
            throw new InvalidDataException("its head is not whole");
        }

        try
        {
            StoredHead head = JsonSerializer.Deserialize(json.AsSpan(0, length), StoredJson.Default.StoredHead) ?? throw new InvalidDataException("its head is empty");
            return file.Length - file.Position == head.Item.BodyBytes ? head : throw new InvalidDataException("its body is not whole");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("its head is no valid JSON", e);
        }
    }

    /// <summary>Compares the body with its checksum, and leaves the stream where it begins.</summary>
    /// <exception cref="InvalidDataException">The bytes are not those that were stored.</exception>
    public static void Check(Stream file, StoredHead head)
    {
        long begin = file.Position;
        if (Convert.ToHexStringLower(SHA256.HashData(file)) != head.BodyHash)
        {
            throw new InvalidDataException("its body is not what was stored");
        }

        file.Position = begin;
    }

    private static string ReadLine(Stream file)
    {
        var line = new StringBuilder();
        for (int next = file.ReadByte(); next != '\n'; next = file.ReadByte())
        {
            if (next < 0 || line.Length > LongestLine)
            {
                throw new InvalidDataException("it does not begin like one");
            }

            line.Append((char)next);
        }

        return line.ToString();
    }
}
