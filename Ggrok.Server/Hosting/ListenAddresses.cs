using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Ggrok.Server.Hosting;

/// <summary>The addresses that the server listens on beside its own TLS endpoint: PORT, or ASPNETCORE_URLS in its place.</summary>
internal static class ListenAddresses
{
    /// <summary>The addresses that are given; null when PORT decides.</summary>
    public static string? Given(IConfiguration configuration) =>
        configuration["URLS"] is { Length: > 0 } urls ? urls
        : configuration["ASPNETCORE_URLS"] is { Length: > 0 } variable ? variable
        : null;

    /// <summary>The addresses in Kestrel's form.</summary>
    /// <exception cref="SettingsException">PORT decides and is not a port number.</exception>
    public static string Of(IConfiguration configuration) =>
        Given(configuration) ?? string.Create(CultureInfo.InvariantCulture, $"http://*:{new SettingsReader(configuration).Port()}");

    /// <summary>Adds them one by one: Kestrel would ignore them as addresses once an endpoint is added in code.</summary>
    public static void AddTo(KestrelServerOptions kestrel, string addresses)
    {
        foreach (string address in addresses.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            Add(kestrel, BindingAddress.Parse(address));
        }
    }

    private static void Add(KestrelServerOptions kestrel, BindingAddress address)
    {
        // With the certificate of Kestrel's own settings (Kestrel__Certificates__Default__Path).
        Action<ListenOptions> configure = address.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase)
            ? static listen => listen.UseHttps()
            : static _ => { };
        if (address.IsUnixPipe)
        {
            kestrel.ListenUnixSocket(address.UnixPipePath, configure);
        }
        else if (IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip))
        {
            kestrel.Listen(ip, address.Port, configure);
        }
        else if (address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            kestrel.ListenLocalhost(address.Port, configure);
        }
        else
        {
            kestrel.ListenAnyIP(address.Port, configure);
        }
    }
}
