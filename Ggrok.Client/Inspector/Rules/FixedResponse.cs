using System.Globalization;
using System.Text;
using Ggrok.Client.Local;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Rules;

/// <summary>A response that somebody wrote, whatever the request.</summary>
/// <param name="status">Its status, 200 to 599.</param>
/// <param name="headers">Its fields; those that say how long it is or concern one connection are left out.</param>
/// <param name="body">Its body.</param>
internal sealed class FixedResponse(int status, IReadOnlyList<HeaderField> headers, ReadOnlyMemory<byte> body)
{
    /// <summary>Media type of text.</summary>
    public const string PlainText = "text/plain; charset=utf-8";

    private const string ContentType = "Content-Type";

    private static readonly string[] Framing = ["Content-Length", "Trailer", "Upgrade"];

    /// <summary>Its status.</summary>
    public int Status => status;

    /// <summary>Its fields as they were written.</summary>
    public IReadOnlyList<HeaderField> Headers => headers;

    /// <summary>Its body.</summary>
    public ReadOnlyMemory<byte> Body => body;

    // RFC 9110 section 6.4.1.
    private bool HasContent => status is not (204 or 304);

    /// <summary>A response whose body has a media type even where the fields do not say it.</summary>
    public static FixedResponse Of(int status, IReadOnlyList<HeaderField> headers, byte[] body, string typeOtherwise) =>
        new(status, body.Length == 0 || headers.Any(f => f.Name.Equals(ContentType, StringComparison.OrdinalIgnoreCase)) ? headers : [new HeaderField(ContentType, typeOtherwise), .. headers], body);

    /// <summary>A short text as a response.</summary>
    public static FixedResponse OfText(int status, string text) => Of(status, [], Encoding.UTF8.GetBytes(text), PlainText);

    /// <summary>The head in answer to a request.</summary>
    public ResponseHead Head()
    {
        var head = new ResponseHead { Status = status };
        head.Headers.AddRange(headers.Where(f => !Framing.Contains(f.Name, StringComparer.OrdinalIgnoreCase)));
        HopByHop.RemoveFrom(head);
        if (HasContent)
        {
            head.Headers.Add(new HeaderField("Content-Length", BodyLength.ToString(CultureInfo.InvariantCulture)));
        }

        return head;
    }

    /// <summary>The body in answer to a request with a method.</summary>
    public ReadOnlyMemory<byte> BodyFor(string method) => HasContent && method != "HEAD" ? body[..BodyLength] : default;

    // RFC 9110 section 15.3.6: 205 has no content, and says so.
    private int BodyLength => status == 205 ? 0 : body.Length;
}
