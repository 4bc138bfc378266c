using System.Text;
using System.Text.Unicode;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Har;

/// <summary>A body as a HAR has it: without its content codings.</summary>
/// <param name="Body">The bytes.</param>
/// <param name="IsCut">The end is missing.</param>
/// <param name="IsCoded">There is a coding, and it could not be undone.</param>
/// <param name="IsDecoded">There was a coding, and it was undone.</param>
internal readonly record struct HarBody(CapturedBody Body, bool IsCut, bool IsCoded, bool IsDecoded)
{
    private const int LargestDecoded = 16 * 1024 * 1024;
    private const int LongestLetter = 4;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => Body.Bytes;

    /// <summary>The body of an exchange.</summary>
    public static HarBody Of(ExchangeSnapshot exchange, bool ofRequest)
    {
        CapturedBody body = ofRequest ? exchange.RequestBody : exchange.ResponseBody;
        List<HeaderField> fields = ofRequest ? exchange.Request.Headers : exchange.Response?.Headers ?? [];
        if (body.Bytes.IsEmpty || fields.ListOf("Content-Encoding").TrueForAll(e => e == "identity"))
        {
            return new HarBody(body, body.IsTruncated, IsCoded: false, IsDecoded: false);
        }

        DecodedContent content = ContentDecoder.Decode(body, fields, LargestDecoded);
        return content.End == ContentEnd.Encoded
            ? new HarBody(body, body.IsTruncated, IsCoded: true, IsDecoded: false)
            : new HarBody(content.Body, content.End != ContentEnd.Whole, IsCoded: false, IsDecoded: true);
    }

    /// <summary>The text that it is; null for one that is none.</summary>
    /// <param name="rest">The bytes behind it: a letter that was cut in two.</param>
    public string? Text(out ReadOnlyMemory<byte> rest)
    {
        for (int missing = 0; missing < (IsCut ? LongestLetter : 1) && missing <= Bytes.Length; missing++)
        {
            ReadOnlyMemory<byte> text = Bytes[..^missing];
            if (Utf8.IsValid(text.Span))
            {
                rest = Bytes[^missing..];
                return Encoding.UTF8.GetString(text.Span);
            }
        }

        rest = default;
        return null;
    }
}
