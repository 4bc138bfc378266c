using System.Net.NetworkInformation;
using System.Net.Sockets;
using Ggrok.Client.Local;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Connection;

/// <summary>Looks once whether something listens behind each tunnel, and says where nothing does.</summary>
internal static class LocalCheck
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <summary>Looks behind every tunnel. Never throws.</summary>
    public static Task RunAsync(IReadOnlyList<LocalTunnel> tunnels, IClientEvents events, CancellationToken stop) =>
        Task.WhenAll(tunnels.Where(t => t.Kind != TunnelKind.Udp).Select(t => Task.Run(() => LookAsync(t, events, stop), CancellationToken.None)));

    private static async Task LookAsync(LocalTunnel tunnel, IClientEvents events, CancellationToken stop)
    {
        try
        {
            // A connection is not tried where this is known without: it may be the only one that the service takes.
            if (!(tunnel.Target.IsLoopback && IsListedHere(tunnel.Target.Port)))
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
                limit.CancelAfter(Limit);
                using Socket socket = await LocalDialer.DialAsync(tunnel.Target, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            if (!stop.IsCancellationRequested)
            {
                events.Notice($"{tunnel.Name}: nothing listens at {tunnel.Target.GetLeftPart(UriPartial.Authority)} yet");
            }
        }
    }

    private static bool IsListedHere(int port)
    {
        try
        {
            return Array.Exists(IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners(), l => l.Port == port);
        }
        catch (Exception e) when (e is NetworkInformationException or PlatformNotSupportedException)
        {
            return false;
        }
    }
}
