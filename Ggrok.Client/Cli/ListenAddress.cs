using System.Globalization;
using System.Net;

namespace Ggrok.Client.Cli;

/// <summary>Where to listen on this machine: <c>2222</c>, <c>:2222</c>, <c>127.0.0.1:2222</c>, <c>localhost:2222</c>, <c>[::]:2222</c>.</summary>
public static class ListenAddress
{
    /// <summary>Address and port; a port alone is one of the loopback interface, so that nobody else reaches it.</summary>
    /// <exception cref="UsageException">The text is no address with a port.</exception>
    public static IPEndPoint Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? "" : text[..colon];
        bool hasPort = ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port);
        IPAddress? address = host.ToLowerInvariant() switch
        {
            "" or "localhost" => IPAddress.Loopback,
            "*" => IPAddress.Any,
            ['[', .., ']'] when IPAddress.TryParse(host, out IPAddress? six) => six,
            _ when !host.Contains(':') && IPAddress.TryParse(host, out IPAddress? four) => four,
            _ => null,
        };
        return hasPort && address is not null
            ? new IPEndPoint(address, port)
            : throw new UsageException($"{text.Quoted()} is no address to listen on; write a port (2222) or an IP address and a port (127.0.0.1:2222).");
    }
}
