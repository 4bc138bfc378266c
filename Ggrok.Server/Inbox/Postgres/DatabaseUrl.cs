using System.Globalization;
using Npgsql;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>
/// The address of a database as platforms give it, <c>postgres://user:password@host:5432/name?sslmode=require</c>, as Npgsql wants it.
/// </summary>
internal static class DatabaseUrl
{
    private const string Advice = "write one such as postgres://user:password@host:5432/name?sslmode=require";

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is none; the message does not show it, because it holds a password.</exception>
    public static string Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme is not ("postgres" or "postgresql"))
        {
            throw new FormatException($"it does not begin with postgres:// and is no address of a database; {Advice}");
        }

        string name = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/'));
        if (url.Host.Length == 0 || name.Length == 0 || name.Contains('/', StringComparison.Ordinal))
        {
            throw new FormatException($"it names no host, or no database behind the host; {Advice}");
        }

        string[] user = url.UserInfo.Split(':', 2);
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = url.IdnHost,
            Port = url.IsDefaultPort || url.Port < 0 ? 5432 : url.Port,
            Database = name,
            Username = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
            ApplicationName = "ggrok",

            // A plan for small databases gives twenty connections, and there may be several servers.
            MaxPoolSize = 6,
            Timeout = 5,
            CommandTimeout = 15,
            TcpKeepAlive = true,
        };
        foreach (string pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            Apply(settings, Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
        }

        return settings.ConnectionString;
    }

    private static void Apply(NpgsqlConnectionStringBuilder settings, string name, string value)
    {
        switch (name)
        {
            case "sslmode":
                settings.SslMode = value.ToLowerInvariant() switch
                {
                    "disable" => SslMode.Disable,
                    "allow" => SslMode.Allow,
                    "prefer" => SslMode.Prefer,
                    "require" or "no-verify" => SslMode.Require,
                    "verify-ca" => SslMode.VerifyCA,
                    "verify-full" => SslMode.VerifyFull,
                    _ => throw new FormatException("its sslmode is none; write disable, allow, prefer, require, verify-ca or verify-full"),
                };
                break;
            case "sslrootcert":
                settings.RootCertificate = value;
                break;
            case "application_name":
                settings.ApplicationName = value;
                break;
            case "connect_timeout":
                settings.Timeout = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds is >= 1 and <= 300
                    ? seconds
                    : throw new FormatException("its connect_timeout is no number of seconds from 1 to 300");
                break;
            default:
                throw new FormatException($"its parameter {Shared.Protocol.Printable.Clean(name)} is not known; sslmode, sslrootcert, application_name and connect_timeout are");
        }
    }
}
