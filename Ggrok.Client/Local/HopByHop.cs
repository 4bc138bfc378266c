using System.Globalization;
using System.Runtime.InteropServices;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local;

/// <summary>Fields that concern the local connection only (RFC 9110 section 7.6.1).</summary>
internal static class HopByHop
{
    /// <summary>Removes them from a response, those that Connection names included. An upgrade keeps Upgrade.</summary>
    public static void RemoveFrom(ResponseHead head)
    {
        string? connection = Find(head, "Connection");
        bool upgrade = head.Status == 101;
        List<HeaderField> fields = head.Headers;
        int kept = 0;
        foreach (HeaderField field in CollectionsMarshal.AsSpan(fields))
        {
            if (!Ends(field) && (upgrade || (!Is(field, "Upgrade") && !IsNominated(connection, field.Name))))
            {
                fields[kept++] = field;
            }
        }

        fields.RemoveRange(kept, fields.Count - kept);
    }

    /// <summary>Whether the connection ends with this response (RFC 9112 section 9.3).</summary>
    public static bool ClosesConnection(ResponseHead head, bool isHttp10)
    {
        string? connection = Find(head, "Connection");
        return isHttp10 ? !IsNominated(connection, "keep-alive") : IsNominated(connection, "close");
    }

    /// <summary>Seconds for which the service keeps an idle connection: <c>Keep-Alive: timeout=5</c>; null when it does not say.</summary>
    public static int? KeepAliveSeconds(ResponseHead head)
    {
        const string Parameter = "timeout=";
        ReadOnlySpan<char> value = Find(head, "Keep-Alive");
        foreach (Range range in value.Split(','))
        {
            ReadOnlySpan<char> parameter = value[range].Trim();
            if (parameter.StartsWith(Parameter, StringComparison.OrdinalIgnoreCase))
            {
                return int.TryParse(parameter[Parameter.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) ? seconds : null;
            }
        }

        return null;
    }

    private static bool Ends(HeaderField field) =>
        Is(field, "Connection") || Is(field, "Keep-Alive") || Is(field, "Proxy-Connection") || Is(field, "Transfer-Encoding");

    private static string? Find(ResponseHead head, string name)
    {
        foreach (HeaderField field in head.Headers)
        {
            if (Is(field, name))
            {
                return field.Value;
            }
        }

        return null;
    }

    private static bool IsNominated(ReadOnlySpan<char> connection, string name)
    {
        foreach (Range range in connection.Split(','))
        {
            if (connection[range].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Is(HeaderField field, string name) =>
        name.Equals(field.Name, StringComparison.OrdinalIgnoreCase);
}
