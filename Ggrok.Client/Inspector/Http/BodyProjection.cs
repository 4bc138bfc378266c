using System.Text;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Http;

/// <summary>What is shown of a body.</summary>
internal static class BodyProjection
{
    private const int LongestText = 1024 * 1024;
    private const int LargestDecoded = 16 * 1024 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The kept bytes of a body.</summary>
    public static ReadOnlyMemory<byte> Bytes(ExchangeSnapshot exchange, bool ofRequest, bool decoded)
    {
        CapturedBody body = ofRequest ? exchange.RequestBody : exchange.ResponseBody;
        return decoded ? ContentDecoder.Decode(body, ofRequest ? exchange.Request.Headers : exchange.Response?.Headers ?? [], LargestDecoded).Bytes : body.Bytes;
    }

    /// <summary>Sizes, media type and text of a body.</summary>
    public static BodyDetails Of(CapturedBody body, IReadOnlyList<HeaderField> fields)
    {
        DecodedContent content = ContentDecoder.Decode(body, fields, LargestDecoded);
        return new BodyDetails
        {
            Bytes = body.Total,
            KeptBytes = body.Bytes.Length,
            Truncated = body.IsTruncated,
            Type = fields.ValueOf("Content-Type"),
            Encodings = content.Encodings,
            DecodedBytes = content.Bytes.Length,
            Text = content.End == ContentEnd.Encoded ? null : TextOf(content.Bytes.Span, content.End != ContentEnd.Whole),
            Note = content.Note,
        };
    }

    /// <summary>The text that bytes are in UTF-8; null when they are none or too long.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="isCut">The end is missing, perhaps within a letter.</param>
    public static string? TextOf(ReadOnlySpan<byte> bytes, bool isCut)
    {
        if (bytes.Length > LongestText || bytes.Contains((byte)0))
        {
            return null;
        }

        for (int missing = 0; missing <= (isCut ? 3 : 0) && missing <= bytes.Length; missing++)
        {
            try
            {
                return Strict.GetString(bytes[..^missing]);
            }
            catch (DecoderFallbackException)
            {
                // Perhaps a letter was cut in two.
            }
        }

        return null;
    }
}
