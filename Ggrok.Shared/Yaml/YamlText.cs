using System.Globalization;
using System.Text;

namespace Ggrok.Shared.Yaml;

/// <summary>The text of a configuration file, as far as it is one.</summary>
public static class YamlText
{
    /// <summary>Most bytes that a file may have.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>What editors on Windows may put in front of UTF-8 (RFC 3629 section 6).</summary>
    public const char ByteOrderMark = '\uFEFF';

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text, a byte order mark included.</summary>
    /// <exception cref="YamlTextException">The file cannot be read, is too large, or is no text in UTF-8.</exception>
    public static string Read(string path)
    {
        byte[] bytes = Bytes(path);
        string text;
        try
        {
            text = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw Wrong(path, bytes.AsSpan(0, Math.Clamp(e.Index, 0, bytes.Length)).Count((byte)'\n'), "This is not UTF-8; save the file as UTF-8 text.");
        }

        int control = text.AsSpan().IndexOfAny(Controls);
        return control < 0 ? text : throw Wrong(path, text.AsSpan(0, control).Count('\n'), "There is a control character; remove it.");
    }

    private static readonly System.Buffers.SearchValues<char> Controls =
        System.Buffers.SearchValues.Create([.. Enumerable.Range(0, 32).Append(127).Select(c => (char)c).Except(['\t', '\r', '\n'])]);

    private static byte[] Bytes(string path)
    {
        try
        {
            // Not by the length that the file claims to have: it may be a pipe.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[MaxBytes + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length <= MaxBytes ? bytes[..length] : throw Wrong(path, 0, "The file is larger than 1 MiB, which no configuration is.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new YamlTextException($"{path} cannot be read: {e.Message}");
        }
    }

    private static YamlTextException Wrong(string path, int linesBefore, string message) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{path}:{linesBefore + 1}: {message}"));
}
