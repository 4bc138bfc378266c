using System.Globalization;
using System.Text;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inbox.Files;

/// <summary>Writes the head of a stored request as it stands in a file.</summary>
internal static class RequestFileWriter
{
    // The file is HTTP/1.1, and its body is what follows.
    private static readonly string[] NotWritten = ["Transfer-Encoding", InboxFields.DeliveryId, InboxFields.Received, InboxFields.Attempt];

    /// <summary>The bytes in front of the body.</summary>
    /// <exception cref="FormatException">Something in it would make another request of it.</exception>
    public static byte[] Head(InboxItemDetails item)
    {
        if (!HeaderField.IsName(item.Method) || !RequestTarget.IsSafe(item.Target))
        {
            throw new FormatException($"It has the request line {Printable.Clean($"{item.Method} {item.Target}")}, which no request can have.");
        }

        var head = new StringBuilder();
        head.Append(item.Method).Append(' ').Append(item.Target).Append(" HTTP/1.1\r\n");
        bool hasHost = false;
        var fields = new List<HeaderField>(item.Headers.Count);
        foreach (string[] pair in item.Headers)
        {
            HeaderField field = Checked(pair);
            hasHost |= field.Name.Equals("Host", StringComparison.OrdinalIgnoreCase);
            if (!NotWritten.Contains(field.Name, StringComparer.OrdinalIgnoreCase))
            {
                fields.Add(field);
            }
        }

        if (!hasHost)
        {
            // What came over HTTP/2 has none.
            int slash = item.Tunnel.IndexOf('/', StringComparison.Ordinal);
            Add(head, Checked(["Host", slash < 0 ? item.Tunnel : item.Tunnel[..slash]]));
        }

        fields.ForEach(f => Add(head, f));
        Add(head, new HeaderField(InboxFields.DeliveryId, item.Id));
        Add(head, new HeaderField(InboxFields.Received, item.Received.UtcDateTime.ToString(InboxFields.TimeFormat, CultureInfo.InvariantCulture)));
        return Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
    }

    private static void Add(StringBuilder head, HeaderField field) => head.Append(field.Name).Append(": ").Append(field.Value).Append("\r\n");

    private static HeaderField Checked(string[] pair) => pair is [{ } name, { } value] && HeaderField.IsName(name) && HeaderField.IsValue(value)
        ? new HeaderField(name, value)
        : throw new FormatException($"It has the field {Printable.Clean(string.Join(": ", pair))}, which no request can have.");
}
