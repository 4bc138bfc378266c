using System.Net;
using System.Text;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Export;

/// <summary>Takes the secrets out of an exchange before it leaves the inspector.</summary>
internal sealed class Redaction(SecretNames names)
{
    /// <summary>What stands in place of a secret.</summary>
    public const string Placeholder = "REDACTED";

    // Where a name may begin in an address, its fragment included, and in the parameters of a field.
    private const string BeforeNames = "?&;#";

    private const int LargestDecoded = 16 * 1024 * 1024;

    private readonly BodyRedaction _bodies = new(names);

    /// <summary>The exchange without its secrets.</summary>
    public ExchangeSnapshot Apply(ExchangeSnapshot exchange)
    {
        RequestHead head = exchange.Request;
        var request = new RequestHead
        {
            Id = head.Id,
            Tunnel = head.Tunnel,
            Method = head.Method,
            Target = Address(head.Target),
            Scheme = head.Scheme,
            Host = head.Host,
            Version = head.Version,
            Remote = head.Remote,
            HasBody = head.HasBody,
            Upgrade = head.Upgrade,
            Waited = head.Waited,
        };
        request.Headers.AddRange(head.Headers.Select(Field));
        ResponseHead? response = exchange.Response is null ? null : new ResponseHead { Status = exchange.Response.Status, Reason = exchange.Response.Reason };
        response?.Headers.AddRange(exchange.Response!.Headers.Select(Field));
        return exchange with
        {
            Request = request,
            RequestBody = Body(exchange, ofRequest: true, request.Headers),
            Response = response,
            ResponseBody = response is null ? exchange.ResponseBody : Body(exchange, ofRequest: false, response.Headers),
            ResponseTrailers = [.. exchange.ResponseTrailers.Select(Field)],
        };
    }

    /// <summary>An address or a request target.</summary>
    public string Address(string address) => Parameters(WithoutUser(address), "&#");

    /// <summary>Pairs of names and values, as in a query and in a form.</summary>
    public static string Pairs(string text, Func<string, bool> isSecret) => string.Join('&', text.Split('&').Select(pair =>
    {
        int equals = pair.IndexOf('=', StringComparison.Ordinal);
        return equals >= 0 && isSecret(WebUtility.UrlDecode(pair[..equals])) ? pair[..(equals + 1)] + Placeholder : pair;
    }));

    private HeaderField Field(HeaderField field) =>
        field with { Value = names.Contain(field.Name) ? Placeholder : Parameters(WithoutUser(field.Value), "&#<>\" ") };

    // RFC 3986 section 3.2.1.
    private static string WithoutUser(string text)
    {
        int authority = text.IndexOf("://", StringComparison.Ordinal) + 3;
        int end = authority < 3 ? -1 : text.AsSpan(authority).IndexOfAny("/?#<>\" ");
        int user = authority < 3 ? -1 : text.AsSpan(authority, end < 0 ? text.Length - authority : end).LastIndexOf('@');
        return user < 0 ? text : text[..authority] + Placeholder + text[(authority + user)..];
    }

    // A value goes on until one of the characters that end it.
    private string Parameters(string text, string ends)
    {
        var clean = new StringBuilder(text.Length);
        int copied = 0;
        int at = 0;
        while (text.AsSpan(at).IndexOfAny(BeforeNames) is var mark and >= 0)
        {
            at += mark + 1;
            int length = text.AsSpan(at).IndexOfAny('=', '&', '#');
            int name = length < 0 ? -1 : text.AsSpan(at, length).LastIndexOfAny(BeforeNames) + 1;
            if (length < 0 || text[at + length] != '=' || !names.ContainParameter(WebUtility.UrlDecode(text.Substring(at + name, length - name))))
            {
                continue;
            }

            at += length + 1;
            clean.Append(text, copied, at - copied).Append(Placeholder);
            int end = text.AsSpan(at).IndexOfAny(ends);
            at = copied = end < 0 ? text.Length : at + end;
        }

        return clean.Append(text, copied, text.Length - copied).ToString();
    }

    // Within a content coding nothing can be replaced: such a body goes without its coding unless there was nothing to
    // replace, and one that cannot be read does not go at all.
    private CapturedBody Body(ExchangeSnapshot exchange, bool ofRequest, List<HeaderField> fields)
    {
        CapturedBody body = ofRequest ? exchange.RequestBody : exchange.ResponseBody;
        if (body.Bytes.IsEmpty || exchange.Response?.Status == 101)
        {
            return body;
        }

        DecodedContent? content = fields.ListOf("Content-Encoding").TrueForAll(e => e == "identity") ? null : ContentDecoder.Decode(body, fields, LargestDecoded);
        if (content?.End == ContentEnd.Encoded)
        {
            return new CapturedBody(default, body.Total, []);
        }

        ReadOnlyMemory<byte> plain = content?.Bytes ?? body.Bytes;
        ReadOnlyMemory<byte> redacted = _bodies.Apply(plain, fields.ValueOf("Content-Type"));
        if (content?.End is not (ContentEnd.Broken or ContentEnd.Cut) && redacted.Span.SequenceEqual(plain.Span))
        {
            return body;
        }

        fields.RemoveAll(IsCoding);
        return new CapturedBody(redacted, redacted.Length + body.Total - body.Bytes.Length, []);
    }

    private static bool IsCoding(HeaderField field) => field.Name.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase);
}
