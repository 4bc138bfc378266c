using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Ggrok.Shared.Relay;

namespace Ggrok.Client.Local;

/// <summary>Opens sockets to local services. Never through a proxy.</summary>
internal static class LocalDialer
{
    /// <summary>How long opening a connection may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>A connected TCP socket.</summary>
    /// <exception cref="SocketException">Nothing listens there.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static async ValueTask<Socket> DialAsync(Uri target, CancellationToken cancellation)
    {
        SocketException? failure = null;
        foreach (IPAddress address in await AddressesAsync(target, cancellation).ConfigureAwait(false))
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

    /// <summary>A connected TCP socket for bytes that are no HTTP.</summary>
    /// <exception cref="SocketException">Nothing listens there, or it has gone already.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static async ValueTask<Socket> DialRawAsync(Uri target, CancellationToken cancellation)
    {
        Socket socket = await DialAsync(target, cancellation).ConfigureAwait(false);
        try
        {
            SocketEnd.Prepare(socket);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A UDP socket that sends to the service and hears from it alone.</summary>
    /// <exception cref="SocketException">The name cannot be resolved.</exception>
    public static async ValueTask<Socket> DialUdpAsync(Uri target, CancellationToken cancellation)
    {
        IPAddress[] addresses = await AddressesAsync(target, cancellation).ConfigureAwait(false);
        IPAddress address = addresses.Length > 0 ? addresses[0] : throw new SocketException((int)SocketError.HostNotFound);
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            await socket.ConnectAsync(address, target.Port, cancellation).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // "localhost" is tried on both address families: development servers listen on either. A dual-mode socket would try
    // IPv4 addresses mapped to IPv6, which fails where IPv6 is switched off.
    private static async ValueTask<IPAddress[]> AddressesAsync(Uri target, CancellationToken cancellation) =>
        target.Host == "localhost" ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
        : await Dns.GetHostAddressesAsync(target.IdnHost, cancellation).ConfigureAwait(false);

    /// <summary>TLS towards the local service.</summary>
    public static SslClientAuthenticationOptions Tls(Uri target, bool insecure, params List<SslApplicationProtocol> protocols) => new()
    {
        TargetHost = target.IdnHost,
        ApplicationProtocols = protocols,
        RemoteCertificateValidationCallback = insecure ? static (_, _, _, _) => true : null,
    };
}
