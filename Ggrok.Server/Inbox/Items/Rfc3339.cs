using System.Globalization;

namespace Ggrok.Server.Inbox.Items;

/// <summary>Times as RFC 3339 writes them, in UTC and with milliseconds.</summary>
internal static class Rfc3339
{
    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
