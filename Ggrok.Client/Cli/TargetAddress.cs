using System.Globalization;

namespace Ggrok.Client.Cli;

/// <summary>The local service as people write it: <c>3000</c>, <c>:3000</c>, <c>10.0.0.5:8080</c>, <c>https://localhost:8443</c>.</summary>
public static class TargetAddress
{
    /// <summary>Scheme, host and port of the local service.</summary>
    /// <exception cref="UsageException">The text is no port and no address.</exception>
    public static Uri Parse(string text)
    {
        string trimmed = text.Trim();
        string port = trimmed.StartsWith(':') ? trimmed[1..] : trimmed;
        if (port.Length > 0 && port.All(char.IsAsciiDigit))
        {
            return OfPort(port);
        }

        bool hasScheme = AddressText.HasScheme(trimmed);
        if (AddressText.TryParse(hasScheme ? trimmed : "http://" + trimmed) is not { Scheme: "http" or "https" } uri)
        {
            throw new UsageException($"{text.Quoted()} is not a local service; write a port (3000), host:port (10.0.0.5:8080) or a URL (https://localhost:8443).");
        }

        // A single word is more often a mistyped command than a machine whose port 80 is meant.
        if (!hasScheme && trimmed.LastIndexOf(':') <= trimmed.LastIndexOf(']'))
        {
            throw new UsageException($"{text.Quoted()} has no port; write it like {uri.Host}:3000 or http://{uri.Host}.");
        }

        if (uri.AbsolutePath != "/" || uri.Query.Length > 0 || uri.Fragment.Length > 0 || uri.UserInfo.Length > 0)
        {
            throw new UsageException($"The local service is given by host and port only: write {uri.Scheme}://{uri.Authority}.");
        }

        return new Uri(uri.GetLeftPart(UriPartial.Authority));
    }

    /// <summary>Host and port of a local service that is no HTTP: <c>22</c>, <c>10.0.0.5:22</c>, <c>tcp://10.0.0.5:22</c>.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="scheme"><c>tcp</c> or <c>udp</c>.</param>
    /// <exception cref="UsageException">The text is no port and no address.</exception>
    public static Uri ParseRaw(string text, string scheme)
    {
        string trimmed = text.Trim();
        string port = trimmed.StartsWith(':') ? trimmed[1..] : trimmed;
        if (port.Length > 0 && port.All(char.IsAsciiDigit))
        {
            return new Uri(string.Create(CultureInfo.InvariantCulture, $"{scheme}://localhost:{SettingValues.Port(port)}"));
        }

        Uri? uri = AddressText.TryParse(AddressText.HasScheme(trimmed) ? trimmed : $"{scheme}://{trimmed}");
        return uri is { Port: > 0 } && uri.Scheme == scheme && uri.AbsolutePath is "" or "/" && uri.Query.Length == 0 && uri.Fragment.Length == 0 && uri.UserInfo.Length == 0
            ? uri
            : throw new UsageException($"{text.Quoted()} is not a local service; write a port (5432) or host and port (10.0.0.5:5432).");
    }

    /// <summary>A port on this machine.</summary>
    /// <exception cref="UsageException">The text is no port.</exception>
    public static Uri OfPort(string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65535
            ? new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}"))
            : throw new UsageException($"{text.Quoted()} is not a port; ports go from 1 to 65535. For another machine use --target http://10.0.0.5:8080.");
}
