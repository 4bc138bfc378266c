using System.Globalization;
using System.Net;
using System.Text;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Har;

/// <summary>Reads the heads of an entry.</summary>
internal static class HarHeads
{
    // They belong to a connection that is over; a request with them could not be replayed.
    private static readonly string[] OfTheConnection =
        ["Host", "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "HTTP2-Settings"];

    /// <summary>The request.</summary>
    /// <exception cref="ApiException">It cannot be one.</exception>
    public static RequestHead Request(HarNode node, HarNode extras, string otherId)
    {
        HarNode url = node["url"];
        List<HeaderField> fields = Fields(node);
        (string scheme, string authority, string target) = Parts(url.Text()!);
        var head = new RequestHead
        {
            Id = extras["id"].Text() ?? otherId,
            Method = node["method"].Required().Text()!,
            Target = extras["target"].Text() ?? target,
            Scheme = scheme,
            Host = fields.ValueOf("Host") is { Length: > 0 } host ? host : authority,
            Version = VersionOf(node["httpVersion"].Text()),
            Remote = extras["remote"].Text() ?? "",
            Upgrade = extras["upgrade"].Text() ?? fields.ValueOf("Upgrade"),
        };
        if (!HeaderField.IsName(head.Method))
        {
            throw node["method"].Wrong("is no method");
        }

        if (!RequestTarget.IsSafe(head.Target) || head.Host.Length == 0)
        {
            throw url.Wrong("is no address of HTTP");
        }

        head.Headers.AddRange(fields.Where(f => !OfTheConnection.Contains(f.Name, StringComparer.OrdinalIgnoreCase)));
        return head;
    }

    /// <summary>The response; null when there was none, which browsers write as status 0.</summary>
    /// <exception cref="ApiException">It cannot be one.</exception>
    public static ResponseHead? Response(HarNode node, HarNode extras)
    {
        double status = node["status"].Number() ?? 0;
        if (status <= 0)
        {
            return null;
        }

        if (status is < 100 or > 999 || status != Math.Floor(status))
        {
            throw node["status"].Wrong("is no status");
        }

        // The usual phrase is made anew.
        var head = new ResponseHead { Status = (int)status, Reason = extras.IsMissing ? Bytes(node["statusText"].Text()) : extras["reason"].Text() };
        if (head.Reason is { } reason && (reason.Length == 0 || !HeaderField.IsValue(reason)))
        {
            head.Reason = null;
        }

        head.Headers.AddRange(Fields(node));
        return head;
    }

    /// <summary>Makes the request's length that of the body that is there: a replay sends this one.</summary>
    public static void SetLength(RequestHead head, CapturedBody body, HarNode node)
    {
        int index = head.Headers.FindIndex(f => f.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase));
        if (index >= 0 && (body.Total > 0 || !node["postData"].IsMissing))
        {
            head.Headers[index] = head.Headers[index] with { Value = body.Total.ToString(CultureInfo.InvariantCulture) };
        }
    }

    /// <summary>A form that stands there as its fields only.</summary>
    public static byte[] Form(HarNode data) => data["mimeType"].Text()?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) == true
        ? Encoding.ASCII.GetBytes(string.Join('&', data["params"].Elements().Select(p => $"{WebUtility.UrlEncode(p["name"].Text())}={WebUtility.UrlEncode(p["value"].Text())}")))
        : [];

    /// <summary>The field lines that a name with its value stands for: Chrome writes several of one name as one with line breaks.</summary>
    /// <exception cref="ApiException">It cannot be one.</exception>
    public static IEnumerable<HeaderField> Field(HarNode node)
    {
        string name = node["name"].Required().Text()!;
        if (name.StartsWith(':'))
        {
            // HTTP/2 (RFC 9113 section 8.3); the request line says the same.
            yield break;
        }

        if (!HeaderField.IsName(name))
        {
            throw node["name"].Wrong("is no name of a field");
        }

        foreach (string line in (node["value"].Text() ?? "").Split('\n'))
        {
            string value = Bytes(line.Trim())!;
            yield return HeaderField.IsValue(value) ? new HeaderField(name, value) : throw node["value"].Wrong("cannot stand in a field");
        }
    }

    private static List<HeaderField> Fields(HarNode message) => [.. message["headers"].Elements().SelectMany(Field)];

    // A char of a field is a byte. What is none was written as UTF-8.
    private static string? Bytes(string? text) => text is null || text.All(c => c <= 0xFF) ? text : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private static string VersionOf(string? version) => version?.ToUpperInvariant() switch
    {
        "HTTP/1.0" => "1.0",
        "H2" or "HTTP/2" or "HTTP/2.0" => "2",
        "H3" or "HTTP/3" or "HTTP/3.0" => "3",
        _ => "1.1",
    };

    // By hand: a Uri would normalise the path.
    private static (string Scheme, string Authority, string Target) Parts(string url)
    {
        int authority = url.IndexOf("://", StringComparison.Ordinal) + 3;
        int end = url.AsSpan(authority).IndexOfAny("/?#");
        end = end < 0 ? url.Length : authority + end;
        int fragment = url.IndexOf('#', StringComparison.Ordinal);
        string rest = url[end..(fragment < 0 ? url.Length : Math.Max(fragment, end))];
        string target = string.Concat(Encoding.UTF8.GetBytes(rest).Select(b => b is > 0x20 and < 0x7F ? ((char)b).ToString() : Uri.HexEscape((char)b)));
        string host = url[authority..end];
        return (
            url.StartsWith("https", StringComparison.OrdinalIgnoreCase) || url.StartsWith("wss", StringComparison.OrdinalIgnoreCase) ? "https" : "http",
            host[(host.LastIndexOf('@') + 1)..], target.StartsWith('/') ? target : "/" + target);
    }
}
