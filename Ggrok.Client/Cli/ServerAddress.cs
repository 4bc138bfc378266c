using System.Net;
using System.Net.Sockets;

namespace Ggrok.Client.Cli;

/// <summary>
/// The server as people write it: <c>my.app</c>, <c>my.app:8443</c>, <c>https://my.app</c>, <c>wss://my.app</c>,
/// <c>http://localhost:8080</c>, <c>::1</c>. HTTPS unless it is this machine or the scheme says otherwise.
/// </summary>
public static class ServerAddress
{
    /// <summary>The base address, with the scheme http or https.</summary>
    /// <exception cref="UsageException">The text is no server address.</exception>
    public static Uri Parse(string text)
    {
        string trimmed = text.Trim();
        bool hasScheme = AddressText.HasScheme(trimmed);
        string written = hasScheme ? trimmed : WithDefaultScheme(trimmed);
        bool halfScheme = !hasScheme && trimmed.Contains("//", StringComparison.Ordinal);
        Uri uri = (halfScheme ? null : AddressText.TryParse(written))
            ?? throw new UsageException($"{text.Quoted()} is not a server address; write it like my.app, my.app:8443 or http://localhost:8080.");
        string scheme = uri.Scheme switch
        {
            "https" or "wss" => Uri.UriSchemeHttps,
            "http" or "ws" => Uri.UriSchemeHttp,
            _ => throw new UsageException($"There is no scheme {uri.Scheme.Quoted()} for a server; use https, http, wss or ws."),
        };
        if (uri.UserInfo.Length > 0)
        {
            throw new UsageException("The server address must not contain a user or password; pass the token with --token.");
        }

        if (uri.AbsolutePath != "/" || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            throw new UsageException($"The server address must end after host and port: write {(hasScheme ? uri.GetLeftPart(UriPartial.Authority) : uri.Authority)}. For a path prefix use --path.");
        }

        return new UriBuilder(scheme, uri.Host, uri.IsDefaultPort ? -1 : uri.Port).Uri;
    }

    private static string WithDefaultScheme(string hostAndPort)
    {
        // An IPv6 address without brackets is all host: its last group is no port.
        if (IPAddress.TryParse(hostAndPort, out IPAddress? bare) && bare.AddressFamily == AddressFamily.InterNetworkV6 && hostAndPort[0] != '[')
        {
            hostAndPort = $"[{hostAndPort}]";
        }

        return $"{(IsThisMachine(hostAndPort) ? Uri.UriSchemeHttp : Uri.UriSchemeHttps)}://{hostAndPort}";
    }

    private static bool IsThisMachine(string hostAndPort)
    {
        int colon = hostAndPort.LastIndexOf(':');
        string host = colon > hostAndPort.LastIndexOf(']') ? hostAndPort[..colon] : hostAndPort;
        host = host.Trim('[', ']').TrimEnd('.').ToLowerInvariant();
        return host == "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal)
            || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
    }
}
