using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Ggrok.Client.Local;

/// <summary>Opens connections to the local service. Never through a proxy.</summary>
internal static class LocalDialer
{
    /// <summary>How long a connection may take to be there, TLS included.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A connected socket. "localhost" is tried on both address families: development servers listen on either. A dual-mode
    /// socket would try IPv4 addresses mapped to IPv6, which fails where IPv6 is switched off.
    /// </summary>
    /// <exception cref="SocketException">Nothing listens there, or the name is not known.</exception>
    public static async ValueTask<Socket> DialAsync(Uri target, CancellationToken cancellation)
    {
        IPAddress[] addresses = target.Host == "localhost"
            ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
            : await Dns.GetHostAddressesAsync(target.IdnHost, cancellation).ConfigureAwait(false);
        SocketException? failure = null;
        foreach (IPAddress address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, target.Port, cancellation).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                failure = e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw failure ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>TLS towards the local service.</summary>
    public static SslClientAuthenticationOptions Tls(Uri target, bool insecure, params List<SslApplicationProtocol> protocols) => new()
    {
        TargetHost = target.IdnHost,
        ApplicationProtocols = protocols,
        RemoteCertificateValidationCallback = insecure ? static (_, _, _, _) => true : null,
    };
}
