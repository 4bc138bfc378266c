using System.Collections.Frozen;
using System.Text;

namespace Ggrok.Shared.Protocol;

/// <summary>Gives one shared string for the field names, methods and schemes that nearly every exchange repeats.</summary>
public static class KnownNames
{
    private const int LongestName = 40;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup = Build();

    /// <summary>The text of <paramref name="utf8"/>, shared if it is a usual one.</summary>
    public static string Intern(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= LongestName)
        {
            Span<char> chars = stackalloc char[LongestName];
            if (Ascii.ToUtf16(utf8, chars, out int written) == System.Buffers.OperationStatus.Done
                && Lookup.TryGetValue(chars[..written], out string? known))
            {
                return known;
            }
        }

        return RecentStrings.TryGet(utf8) ?? Encoding.UTF8.GetString(utf8);
    }

    /// <summary>A field value: one char for each byte (ISO 8859-1), shared if it was met a moment ago.</summary>
    public static string ValueOf(ReadOnlySpan<byte> latin1) =>
        latin1.IsEmpty ? "" : RecentStrings.TryGet(latin1) ?? Encoding.Latin1.GetString(latin1);

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Build()
    {
        string[] fields =
        [
            "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Accept-Ranges", "Access-Control-Allow-Credentials",
            "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin", "Age", "Allow",
            "Alt-Svc", "Authorization", "Cache-Control", "Connection", "Content-Disposition", "Content-Encoding",
            "Content-Language", "Content-Length", "Content-Location", "Content-Range", "Content-Security-Policy",
            "Content-Type", "Cookie", "DNT", "Date", "ETag", "Expect", "Expires", "Forwarded", "From", "Host", "If-Match",
            "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Last-Modified", "Link", "Location",
            "Origin", "Pragma", "Priority", "Range", "Referer", "Referrer-Policy", "Retry-After", "Sec-Fetch-Dest",
            "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Sec-WebSocket-Accept", "Sec-WebSocket-Extensions",
            "Sec-WebSocket-Key", "Sec-WebSocket-Protocol", "Sec-WebSocket-Version", "Server", "Set-Cookie",
            "Strict-Transport-Security", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Upgrade-Insecure-Requests",
            "User-Agent", "Vary", "Via", "WWW-Authenticate", "X-Content-Type-Options", "X-Forwarded-For", "X-Forwarded-Host",
            "X-Forwarded-Proto", "X-Frame-Options", "X-Powered-By", "X-Request-ID", "X-Requested-With", "traceparent",
            "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "grpc-status", "grpc-message", "grpc-timeout",
        ];
        string[] values =
        [
            "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "http", "https",
            "1.0", "1.1", "2", "3", "/", "127.0.0.1", "::1", "localhost",
        ];
        IEnumerable<string> all = fields.Concat(fields.Select(f => f.ToLowerInvariant())).Concat(values);
        return all.ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }
}
