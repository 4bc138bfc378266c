using System.Globalization;
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
        head.Headers.RemoveAll(f => Is(f, "Connection") || Is(f, "Keep-Alive") || Is(f, "Proxy-Connection")
            || Is(f, "Transfer-Encoding") || (Is(f, "Upgrade") && !upgrade) || (!upgrade && IsNominated(connection, f.Name)));
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
        string? value = Find(head, "Keep-Alive");
        string? timeout = value?.Split(',').Select(p => p.Trim()).FirstOrDefault(p => p.StartsWith(Parameter, StringComparison.OrdinalIgnoreCase));
        return timeout is not null && int.TryParse(timeout.AsSpan(Parameter.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            ? seconds
            : null;
    }

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

    private static bool IsNominated(string? connection, string name) =>
        connection is not null && connection.Split(',').Any(t => t.Trim().Equals(name, StringComparison.OrdinalIgnoreCase));

    private static bool Is(HeaderField field, string name) =>
        name.Equals(field.Name, StringComparison.OrdinalIgnoreCase);
}
