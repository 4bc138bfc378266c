using System.Collections.Frozen;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Rewrite;

/// <summary>What is done with a field.</summary>
public enum HeaderAction
{
    /// <summary>It gets this value, in place of all it had; an empty one removes it.</summary>
    Set,

    /// <summary>It gets a further line with this value.</summary>
    Add,

    /// <summary>It goes.</summary>
    Remove,
}

/// <summary>One change of a field.</summary>
/// <param name="Action">What is done.</param>
/// <param name="Name">Name of the field.</param>
/// <param name="Value">The value; null for <see cref="HeaderAction.Remove"/>.</param>
public sealed record HeaderRule(HeaderAction Action, string Name, HeaderTemplate? Value)
{
    private const string Framing = "the server and the client set it, as the message needs it; leave it out";
    private const string Trust = "the server says there what it knows of the visitor; choose a name of your own, such as X-Visitor: {remote_ip}";

    // RFC 9110 sections 7.6.1 and 8.6: how messages are cut belongs to each connection.
    private static readonly FrozenDictionary<string, string> Refused = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["Content-Length"] = Framing,
        ["Transfer-Encoding"] = Framing,
        ["Connection"] = Framing,
        ["Keep-Alive"] = Framing,
        ["Proxy-Connection"] = Framing,
        ["Proxy-Authenticate"] = Framing,
        ["Proxy-Authorization"] = Framing,
        ["TE"] = Framing,
        ["Trailer"] = Framing,
        ["Upgrade"] = Framing,
        ["HTTP2-Settings"] = Framing,
        ["X-Request-ID"] = "it ties log, inspector and response together; use {request_id} in a field of your own",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    // What such names begin with: forwarding, and the visitor's certificate (RFC 9440).
    private static readonly string[] Trusted = ["X-Forwarded-", "Client-Cert", "X-Client-Cert"];

    private static readonly FrozenDictionary<string, string> RefusedOfRequests = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["Host"] = "the client sets it; start ggrok with --host-header VALUE",
        ["Expect"] = Framing,
        ["Forwarded"] = Trust,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads <c>set NAME: VALUE</c>, <c>NAME: VALUE</c> (the same), <c>add NAME: VALUE</c> or <c>remove NAME</c>.</summary>
    /// <param name="text">The rule.</param>
    /// <param name="isRequest">Whether it is for requests; else for responses.</param>
    /// <exception cref="FormatException">It is not valid; the message says what to write.</exception>
    public static HeaderRule Parse(string text, bool isRequest)
    {
        string rule = text.Trim();
        int space = rule.IndexOf(' ', StringComparison.Ordinal);
        HeaderAction? written = (space < 0 ? "" : rule[..space].ToLowerInvariant()) switch
        {
            "set" => HeaderAction.Set,
            "add" => HeaderAction.Add,
            "remove" => HeaderAction.Remove,
            _ => null,
        };
        string rest = written is null ? rule : rule[(space + 1)..].Trim();
        HeaderAction action = written ?? HeaderAction.Set;
        int colon = rest.IndexOf(':', StringComparison.Ordinal);
        string name = (colon < 0 ? rest : rest[..colon]).Trim();
        if (colon < 0 != (action == HeaderAction.Remove) || !HeaderField.IsName(name))
        {
            throw new FormatException($"\"{Printable.Clean(text)}\" is no rule for a field; write set NAME: VALUE, add NAME: VALUE or remove NAME");
        }

        ThrowIfRefused(name, isRequest);
        HeaderTemplate? value = action == HeaderAction.Remove ? null : HeaderTemplate.Parse(rest[(colon + 1)..].Trim());
        if (!isRequest && value is not null && name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
        {
            ThrowIfServersCookie(value.Beginning);
        }

        return new HeaderRule(action, name, value);
    }

    /// <summary>
    /// Whether a field is the one that the rule is about. Programs behind CGI-like interfaces cannot tell an underscore from a
    /// dash: a visitor must not get past a rule with one.
    /// </summary>
    public bool IsAbout(string name) => name.Length == Name.Length
        && (name.Equals(Name, StringComparison.OrdinalIgnoreCase) || Plain(name).Equals(Plain(Name), StringComparison.OrdinalIgnoreCase));

    private static void ThrowIfRefused(string name, bool isRequest)
    {
        string plain = Plain(name);
        string? advice = Refused.GetValueOrDefault(plain) ?? (isRequest ? RefusedOfRequests.GetValueOrDefault(plain) : null);
        if (isRequest && Trusted.Any(t => plain.StartsWith(t, StringComparison.OrdinalIgnoreCase)))
        {
            advice = Trust;
        }
        else if (plain.StartsWith("X-Ggrok-", StringComparison.OrdinalIgnoreCase))
        {
            advice = "such fields are the server's own; choose another name";
        }

        if (advice is not null)
        {
            throw new FormatException($"{name} cannot be changed: {advice}");
        }
    }

    // Cookies of the server's own hold for a host, which tunnels of several clients may share.
    private static void ThrowIfServersCookie(string beginning)
    {
        string name = beginning.StartsWith("__Host-", StringComparison.OrdinalIgnoreCase) ? beginning["__Host-".Length..] : beginning;
        if (!name.Contains('=', StringComparison.Ordinal) || name.StartsWith("ggrok-", StringComparison.OrdinalIgnoreCase))
        {
            throw new FormatException("Set-Cookie begins with the cookie's name and =, without variables, and names that begin with ggrok- are the server's own; write for example Set-Cookie: seen=1; Path=/");
        }
    }

    private static string Plain(string name) => name.Replace('_', '-');
}
