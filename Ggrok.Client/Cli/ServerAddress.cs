using System.Net;

namespace Ggrok.Client.Cli;

/// <summary>
/// The server as people write it: <c>my.app</c>, <c>my.app:8443</c>, <c>https://my.app</c>, <c>wss://my.app</c>,
/// <c>http://localhost:8080</c>. HTTPS unless it is this machine or the scheme says otherwise.
/// </summary>
public static class ServerAddress
{
    /// <summary>The base address, with the scheme http or https.</summary>
    /// <exception cref="UsageException">The text is no server address.</exception>
    public static Uri Parse(string text)
    {
        string trimmed = text.Trim();
        int scheme = trimmed.IndexOf("://", StringComparison.Ordinal);
        string written = scheme < 0 ? $"{DefaultScheme(trimmed)}://{trimmed}" : trimmed;
        if (!Uri.TryCreate(written, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
        {
            throw new UsageException($"\"{text}\" is not a server address; write it like my.app, my.app:8443 or http://localhost:8080.");
        }

        string plain = uri.Scheme switch
        {
            "https" or "wss" => Uri.UriSchemeHttps,
            "http" or "ws" => Uri.UriSchemeHttp,
            _ => throw new UsageException($"The server's scheme \"{uri.Scheme}\" is unknown; use https, http, wss or ws."),
        };
        if (uri.UserInfo.Length > 0)
        {
            throw new UsageException("The server address must not contain a user or password; pass the token with --token.");
        }

        if (uri.AbsolutePath != "/" || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            throw new UsageException($"The server address must end after host and port: write {uri.Authority}. For a path prefix use --path.");
        }

        bool defaultPort = scheme < 0 ? uri.IsDefaultPort : uri.Port is 80 or 443 && uri.IsDefaultPort;
        return new UriBuilder(plain, uri.Host, defaultPort ? -1 : uri.Port).Uri;
    }

    private static string DefaultScheme(string hostAndPort)
    {
        int colon = hostAndPort.LastIndexOf(':');
        string host = colon > hostAndPort.LastIndexOf(']') ? hostAndPort[..colon] : hostAndPort;
        host = host.Trim('[', ']').TrimEnd('.').ToLowerInvariant();
        bool thisMachine = host == "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal)
            || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
        return thisMachine ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
    }
}
