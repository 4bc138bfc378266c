using System.Globalization;

namespace Ggrok.Client.Cli;

/// <summary>The local service as people write it: <c>3000</c>, <c>10.0.0.5:8080</c>, <c>https://localhost:8443</c>.</summary>
public static class TargetAddress
{
    /// <summary>Scheme, host and port of the local service.</summary>
    /// <exception cref="UsageException">The text is no port and no address.</exception>
    public static Uri Parse(string text)
    {
        string trimmed = text.Trim();
        if (int.TryParse(trimmed, NumberStyles.None, CultureInfo.InvariantCulture, out int port))
        {
            return OfPort(port);
        }

        string written = trimmed.Contains("://", StringComparison.Ordinal) ? trimmed : "http://" + trimmed;
        if (!Uri.TryCreate(written, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            throw new UsageException($"\"{text}\" is not a local service; write a port (3000), host:port (10.0.0.5:8080) or a URL (https://localhost:8443).");
        }

        if (uri.AbsolutePath != "/" || uri.Query.Length > 0 || uri.UserInfo.Length > 0)
        {
            throw new UsageException($"The local service is given by host and port only: write {uri.Scheme}://{uri.Authority}.");
        }

        return new Uri(uri.GetLeftPart(UriPartial.Authority));
    }

    /// <summary>A port on this machine.</summary>
    /// <exception cref="UsageException">The number is no port.</exception>
    public static Uri OfPort(int port) => port is > 0 and <= 65535
        ? new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}"))
        : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{port} is not a port; ports go from 1 to 65535."));
}
