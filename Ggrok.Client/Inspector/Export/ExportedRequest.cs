using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Export;

/// <summary>A request as somebody else can send it: without what belongs to one connection or is added on the way.</summary>
internal sealed record ExportedRequest
{
    // Host and framing are made of address and body; RFC 9110 section 7.6.1 has the rest.
    private static readonly string[] OfTheConnection =
    [
        "Host", "Content-Length", "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "Expect",
    ];

    // The server adds them, whatever a visitor sends.
    private static readonly string[] OfTheServer =
    [
        "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "Forwarded",
    ];

    private const string Prefix = "X-Forwarded-Prefix";
    private const string RequestId = "X-Request-ID";

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>Scheme and authority: <c>https://shop.my.app</c>.</summary>
    public required string Origin { get; init; }

    /// <summary>The target: <c>/search?q=1</c>, or <c>*</c>.</summary>
    public required string Target { get; init; }

    /// <summary>The Host field when it is not the authority of the address, or null.</summary>
    public string? Host { get; init; }

    /// <summary>The fields.</summary>
    public required IReadOnlyList<HeaderField> Headers { get; init; }

    /// <summary>The body; null for none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>What whoever uses the export should know, or null.</summary>
    public string? Remark { get; init; }

    /// <summary>The whole address.</summary>
    public string Url => Target == "*" ? Origin + "/" : Origin + Target;

    /// <summary>The request of an exchange.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="local">The tunnel whose service shall get it, or null for the public address.</param>
    public static ExportedRequest Of(ExchangeSnapshot exchange, LocalTunnel? local)
    {
        RequestHead head = exchange.Request;
        string publicOrigin = $"{head.Scheme}://{head.Host}";

        // What was removed from the path on the way must be there again at the public address.
        string prefix = local is null && head.Target[0] == '/' ? head.Headers.FindLast(f => Is(f, Prefix)).Value ?? "" : "";
        string? host = local?.HostFor(head.Host);
        CapturedBody body = exchange.RequestBody;
        return new ExportedRequest
        {
            Method = head.Method,
            Origin = local is null ? publicOrigin : local.Target.GetLeftPart(UriPartial.Authority),
            Target = prefix.TrimEnd('/') + head.Target,
            Host = host == local?.Target.Authority ? null : host,
            Headers = [.. head.Headers.Where(f => Goes(f, head, isLocal: local is not null))],
            Body = head.HasBody || !body.Bytes.IsEmpty || head.Headers.ValueOf("Content-Length") is not null ? body.Bytes.ToArray() : null,
            Remark = head.Upgrade is not null ? $"The request asked to upgrade to {Printable.Clean(head.Upgrade)}, which is left out."
                : body.IsTruncated ? $"Only {ByteSizes.Format(body.Bytes.Length)} of the body of {ByteSizes.Format(body.Total)} were kept."
                : null,
        };
    }

    /// <summary>The value of the first field with a name, or null.</summary>
    public string? Find(string name) => Headers.ValueOf(name);

    private static bool Goes(HeaderField field, RequestHead head, bool isLocal) =>
        !OfTheConnection.Contains(field.Name, StringComparer.OrdinalIgnoreCase)
        && (isLocal || !(OfTheServer.Contains(field.Name, StringComparer.OrdinalIgnoreCase) || (Is(field, RequestId) && field.Value == head.Id)));

    private static bool Is(HeaderField field, string name) => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
