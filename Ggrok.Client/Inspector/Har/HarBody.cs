using System.Text;
using System.Text.Unicode;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Har;

/// <summary>A body as a HAR has it: without its content codings.</summary>
/// <param name="Bytes">The bytes.</param>
/// <param name="IsCut">The end is missing.</param>
/// <param name="IsCoded">There is a coding, and it could not be undone.</param>
/// <param name="IsDecoded">There was a coding, and it was undone.</param>
internal readonly record struct HarBody(ReadOnlyMemory<byte> Bytes, bool IsCut, bool IsCoded, bool IsDecoded)
{
    private const int LongestLetter = 4;

    /// <summary>The body of an exchange.</summary>
    public static HarBody Of(ExchangeSnapshot exchange, bool ofRequest)
    {
        CapturedBody body = ofRequest ? exchange.RequestBody : exchange.ResponseBody;
        List<HeaderField> fields = ofRequest ? exchange.Request.Headers : exchange.Response?.Headers ?? [];
        bool isCoded = fields.ValueOf("Content-Encoding") is { Length: > 0 } coding && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase);
        ReadOnlyMemory<byte> bytes = isCoded ? BodyProjection.Bytes(exchange, ofRequest, decoded: true) : body.Bytes;
        bool isDecoded = isCoded && !bytes.Span.SequenceEqual(body.Bytes.Span);
        return new HarBody(bytes, body.IsTruncated, isCoded && !isDecoded, isDecoded);
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
