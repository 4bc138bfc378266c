using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Ggrok.Client.Inspector.Http;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Client.Inspector.Replay;

/// <summary>What somebody changes of a request before it goes to the local service; null for what stays.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal record RequestEdit
{
    /// <summary>Largest body in bytes.</summary>
    public const int MaxBodyBytes = 64 * 1024 * 1024;

    // They belong to one connection (RFC 9110 section 7.6.1), or are made anew for the one to the local service.
    private static readonly HashSet<string> NotForEditing = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade",
    };

    /// <summary>Another method.</summary>
    public string? Method { get; init; }

    /// <summary>Another target, in origin-form.</summary>
    public string? Target { get; init; }

    /// <summary>All fields in place of the recorded ones, each a pair of name and value.</summary>
    public IReadOnlyList<string[]?>? Headers { get; init; }

    /// <summary>Another body, as text.</summary>
    public string? Body { get; init; }

    /// <summary>Another body, as bytes in Base64.</summary>
    public string? BodyBase64 { get; init; }

    /// <summary>The body is another one.</summary>
    [JsonIgnore]
    public bool ReplacesBody => Body is not null || BodyBase64 is not null;

    /// <summary>The request that is sent in place of another.</summary>
    /// <param name="head">The other's head; stays as it is.</param>
    /// <param name="body">The other's body.</param>
    /// <exception cref="ApiException">A part cannot be sent; the message says which and what to write.</exception>
    public (RequestHead Head, ReadOnlyMemory<byte> Body) Apply(RequestHead head, ReadOnlyMemory<byte> body)
    {
        body = NewBody() ?? body;
        var edited = new RequestHead
        {
            Id = head.Id,
            Tunnel = head.Tunnel,
            Method = Method is null ? head.Method : NewMethod(Method),
            Target = Target is null ? head.Target : NewTarget(Target),
            Scheme = head.Scheme,
            Host = head.Host,
            Version = head.Version,
            Remote = head.Remote,
            HasBody = ReplacesBody ? !body.IsEmpty : head.HasBody,
            Upgrade = head.Upgrade,
        };
        edited.Headers.AddRange(Headers is null ? head.Headers : NewHeaders(Headers, head));
        if (ReplacesBody || Headers is not null)
        {
            SetLength(edited, body.Length, wasChunked: head.HasBody && !head.Headers.Exists(IsLength));
        }

        return (edited, body);
    }

    // A body that came without its length goes on like that.
    private static void SetLength(RequestHead head, int length, bool wasChunked)
    {
        var field = new HeaderField("Content-Length", length.ToString(CultureInfo.InvariantCulture));
        int index = head.Headers.FindIndex(IsLength);
        head.Headers.RemoveAll(IsLength);
        if (index >= 0)
        {
            head.Headers.Insert(Math.Min(index, head.Headers.Count), field);
        }
        else if (length > 0 && !wasChunked)
        {
            head.Headers.Add(field);
        }
    }

    private static bool IsLength(HeaderField field) => field.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase);

    private static string NewMethod(string method) => HeaderField.IsName(method) && method != "CONNECT"
        ? method
        : throw Wrong($"method: {Shown(method)} is no method that can be sent.", "Write one such as POST.");

    private static string NewTarget(string target) => RequestTarget.IsSafe(target)
        ? target
        : throw Wrong($"target: {Shown(target)} is no request target.", "Begin with a slash, and percent-encode spaces, #, control characters and everything outside ASCII: /search?q=%C3%A9");

    private byte[]? NewBody()
    {
        if (Body is not null && BodyBase64 is not null)
        {
            throw Wrong("There are two bodies.", "Give body (text) or bodyBase64 (bytes).");
        }

        try
        {
            byte[]? body = Body is not null ? Encoding.UTF8.GetBytes(Body) : BodyBase64 is not null ? Convert.FromBase64String(BodyBase64) : null;
            return body?.Length > MaxBodyBytes
                ? throw new ApiException(StatusCodes.Status413PayloadTooLarge, "The body is too large.", $"It may have {ByteSizes.Format(MaxBodyBytes)}.")
                : body;
        }
        catch (FormatException)
        {
            throw Wrong("bodyBase64 is not Base64.", "Encode the bytes with the letters A-Z a-z 0-9 + / and = at the end.");
        }
    }

    private static IEnumerable<HeaderField> NewHeaders(IReadOnlyList<string[]?> pairs, RequestHead head)
    {
        for (int i = 0; i < pairs.Count; i++)
        {
            if (pairs[i] is not [{ } name, { } value])
            {
                throw Wrong(string.Create(CultureInfo.InvariantCulture, $"headers[{i}] is no pair."), """Write each as ["name", "value"].""");
            }

            string trimmed = value.Trim(' ', '\t');
            Check(name, trimmed);
            if (name.Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                RequireSameHost(trimmed, head);
                continue;
            }

            yield return new HeaderField(name, trimmed);
        }
    }

    private static void Check(string name, string value)
    {
        if (!HeaderField.IsName(name))
        {
            throw Wrong($"headers: {Shown(name)} is no field name.", "Use letters, digits and - only.");
        }

        if (!HeaderField.IsValue(value))
        {
            throw Wrong($"headers: The value of {name} cannot stand in a field.", "It must be one line, and characters beyond U+00FF must be encoded.");
        }

        if (NotForEditing.Contains(name))
        {
            throw Wrong($"headers: {name} belongs to the connection and is set by ggrok.", "Leave it out.");
        }
    }

    private static void RequireSameHost(string host, RequestHead head)
    {
        if (!host.Equals(head.Host, StringComparison.OrdinalIgnoreCase))
        {
            throw Wrong("headers: Host is what the tunnel says (--host-header).", "Leave it out.");
        }
    }

    private static string Shown(string text) => $"\"{Printable.Clean(text)}\"";

    private static ApiException Wrong(string what, string instead) => new(StatusCodes.Status400BadRequest, what, instead);
}
