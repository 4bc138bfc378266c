using System.Collections.Frozen;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Rewrite;

/// <summary>What the value of a field may be filled with.</summary>
public enum HeaderVariable
{
    /// <summary><c>{remote_ip}</c>: the visitor's address, by trusted proxies.</summary>
    RemoteIp,

    /// <summary><c>{request_id}</c>: the correlation id.</summary>
    RequestId,

    /// <summary><c>{host}</c>: host and port as the visitor asked for them.</summary>
    Host,

    /// <summary><c>{method}</c>: the method.</summary>
    Method,

    /// <summary><c>{path}</c>: the path as the visitor sent it, without query, not decoded.</summary>
    Path,

    /// <summary><c>{scheme}</c>: <c>http</c> or <c>https</c>, by trusted proxies.</summary>
    Scheme,

    /// <summary><c>{tunnel}</c>: host and path prefix of the tunnel.</summary>
    Tunnel,

    /// <summary><c>{user}</c>: who the visitor is, as policies have found out; empty when nobody asked.</summary>
    User,
}

/// <summary>The value of a field, with variables in braces.</summary>
public sealed class HeaderTemplate
{
    private const int Longest = 4096;

    private static readonly FrozenDictionary<string, HeaderVariable> Names = new Dictionary<string, HeaderVariable>
    {
        ["remote_ip"] = HeaderVariable.RemoteIp,
        ["request_id"] = HeaderVariable.RequestId,
        ["host"] = HeaderVariable.Host,
        ["method"] = HeaderVariable.Method,
        ["path"] = HeaderVariable.Path,
        ["scheme"] = HeaderVariable.Scheme,
        ["tunnel"] = HeaderVariable.Tunnel,
        ["user"] = HeaderVariable.User,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly IReadOnlyList<(string Text, HeaderVariable? Variable)> _parts;

    private HeaderTemplate(IReadOnlyList<(string Text, HeaderVariable? Variable)> parts)
    {
        _parts = parts;
    }

    /// <summary>What every value begins with; empty where that is a variable.</summary>
    public string Beginning => _parts is [(var text, null), ..] ? text : "";

    /// <summary>Reads a value; <c>{{</c> and <c>}}</c> are braces.</summary>
    /// <exception cref="FormatException">A variable is unknown, or the value cannot stand in a field.</exception>
    public static HeaderTemplate Parse(string text)
    {
        if (text.Length > Longest || text.Any(c => c is (< ' ' and not '\t') or > '~'))
        {
            throw new FormatException($"the value of a field is ASCII without line breaks and at most {Longest} characters; write others in an encoding that the reader knows, such as %C3%A4");
        }

        var parts = new List<(string, HeaderVariable?)>();
        int at = 0;
        while (at < text.Length)
        {
            int brace = text.AsSpan(at).IndexOfAny('{', '}');
            if (brace != 0)
            {
                int end = brace < 0 ? text.Length : at + brace;
                parts.Add((text[at..end], null));
                at = end;
            }
            else if (at + 1 < text.Length && text[at + 1] == text[at])
            {
                parts.Add((text[at].ToString(), null));
                at += 2;
            }
            else
            {
                int close = text.IndexOf('}', at);
                string name = text[at] == '{' && close > at ? text[(at + 1)..close] : "";
                parts.Add(("", Names.TryGetValue(name, out HeaderVariable variable) ? variable : throw Unknown(name)));
                at = close + 1;
            }
        }

        return new HeaderTemplate(parts);
    }

    /// <summary>The value for one exchange. What comes from the visitor is made safe for a field.</summary>
    public string Fill(Func<HeaderVariable, string> valueOf) => _parts is [(var text, null)]
        ? text
        : string.Concat(_parts.Select(p => p.Variable is { } variable ? Safe(valueOf(variable), isText: variable == HeaderVariable.User) : p.Text)).Trim();

    private static FormatException Unknown(string name) =>
        new((name.Length == 0 ? "a brace stands alone; write {{ or }} for a brace" : $"there is no variable {{{Printable.Clean(name)}}}; write {{{{ for a brace")
            + $", or one of {string.Join(", ", Names.Keys.Order(StringComparer.Ordinal).Select(n => $"{{{n}}}"))}");

    // Bytes outside of printable ASCII become %XX; in a name of a person also the percent sign, so that no two become one.
    private static string Safe(string value, bool isText) =>
        value.All(c => c is >= ' ' and <= '~') && !(isText && value.Contains('%', StringComparison.Ordinal))
            ? value
            : string.Concat(value.EnumerateRunes().Select(r => r.Value is >= ' ' and <= '~' && !(isText && r.Value == '%')
                ? r.ToString()
                : Uri.EscapeDataString(r.ToString())));
}
