using System.Globalization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Rules;

/// <summary>What somebody changes of a request; null leaves a part as it is.</summary>
internal sealed record RequestEdit
{
    // What RFC 9110 section 7.6.1 counts to one connection, and what says how long the body is.
    private static readonly string[] NotKept = ["Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "Content-Length", "Host"];

    /// <summary>The method.</summary>
    public string? Method { get; init; }

    /// <summary>The request target.</summary>
    public string? Target { get; init; }

    /// <summary>All fields.</summary>
    public IReadOnlyList<HeaderField>? Headers { get; init; }

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>The changed head. Its Content-Length is that of the body that follows, whatever the fields say.</summary>
    public RequestHead ApplyTo(RequestHead request)
    {
        var head = new RequestHead
        {
            Id = request.Id,
            Tunnel = request.Tunnel,
            Method = Method ?? request.Method,
            Target = Target ?? request.Target,
            Scheme = request.Scheme,
            Host = Find(Headers, "Host") ?? request.Host,
            Version = request.Version,
            Remote = request.Remote,
            HasBody = Body is { } body ? body.Length > 0 : request.HasBody,
            Upgrade = request.Upgrade,
            Waited = request.Waited,
        };
        head.Headers.AddRange((Headers ?? request.Headers).Where(f => !NotKept.Contains(f.Name, StringComparer.OrdinalIgnoreCase)));
        string? length = Find(request.Headers, "Content-Length");
        if (Body is { } other)
        {
            length = length is not null || other.Length > 0 ? other.Length.ToString(CultureInfo.InvariantCulture) : null;
        }

        if (length is not null)
        {
            head.Headers.Add(new HeaderField("Content-Length", length));
        }

        return head;
    }

    private static string? Find(IReadOnlyList<HeaderField>? fields, string name)
    {
        foreach (HeaderField field in fields ?? [])
        {
            if (field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return field.Value;
            }
        }

        return null;
    }
}
