using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Ports;

/// <summary>Gives public ports to TCP and UDP tunnels; a client gets the same one after every reconnect.</summary>
public sealed class PortAssigner(ServerOptions options, TunnelRegistry registry, PublicPorts ports)
{
    private const int Attempts = 20;

    /// <summary>Opens a port for the tunnel.</summary>
    public Assignment Assign(Applicant applicant, TunnelKind kind, TunnelRequest wanted)
    {
        PortRange range = kind == TunnelKind.Udp ? options.UdpPorts : options.TcpPorts;
        if (range.IsEmpty)
        {
            return new(NotOffered(kind));
        }

        Assignment assignment = wanted.RemotePort is { } port and not 0
            ? AssignWanted(kind, range, port)
            : AssignAny(applicant, kind, range, wanted.Name);
        return assignment.Refusal is not null && ports.IsClosed
            ? new(new Rejected(RejectCode.Draining, "The server is shutting down; connect again.", MayRetry: true, RetryAfterSeconds: 1))
            : assignment;
    }

    private Assignment AssignWanted(TunnelKind kind, PortRange range, int port)
    {
        if (port is < 0 or > ushort.MaxValue)
        {
            return Unavailable(string.Create(CultureInfo.InvariantCulture, $"There is no port {port}; ask for one from 1 to 65535 with --remote-port."));
        }

        if (!range.IsAny && !range.Contains(port))
        {
            return Unavailable(string.Create(CultureInfo.InvariantCulture, $"Port {port} is not offered here; ask for one of {range} with --remote-port, or for none to get a free one."));
        }

        // Held by another client, it is shared until the registry says whose it is.
        return TryOpen(kind, port, share: true) ?? Unavailable(string.Create(CultureInfo.InvariantCulture,
            $"Port {port} is used by another program of the server; ask for another --remote-port."));
    }

    private Assignment AssignAny(Applicant applicant, TunnelKind kind, PortRange range, string tunnel)
    {
        if (Previous(applicant.ClientId, kind, tunnel) is { } previous && TryOpen(kind, previous, share: true) is { } same)
        {
            return same;
        }

        if (range.IsAny)
        {
            return AnyFree(kind) ?? Unavailable("The server has no free port left.");
        }

        int start = StartOf(applicant.ClientId, tunnel, range.Count);
        for (int i = 0; i < range.Count; i++)
        {
            int port = range[(start + i) % range.Count];

            // One that is open without a route belongs to a registration that is still going on, maybe this very one.
            if (registry.Find(RouteKey.PublicPort(kind, port)) is null && TryOpen(kind, port, share: false) is { } opened)
            {
                return opened;
            }
        }

        return Unavailable($"Every port of {range} is in use; try again later, or ask the server's owner for a larger range.");
    }

    // The system may offer the port of a client that is away.
    private Assignment? AnyFree(TunnelKind kind)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (TryOpen(kind, 0, share: false) is not { } opened)
            {
                return null;
            }

            if (registry.Find(opened.Key) is null)
            {
                return opened;
            }

            opened.Dispose();
        }

        return null;
    }

    private Assignment? TryOpen(TunnelKind kind, int port, bool share) => ports.TryAcquire(kind, port, share) is { } lease
        ? new Assignment(RouteKey.PublicPort(kind, lease.Port), kind, lease)
        : null;

    private int? Previous(string clientId, TunnelKind kind, string tunnel)
    {
        RouteSpace space = RouteKey.PublicPort(kind, 0).Space;
        TunnelRoute? held = registry.Snapshot().FirstOrDefault(r => r.Key.Space == space && r.Owner.ClientId == clientId && r.TunnelName == tunnel);
        return held is null ? null : int.Parse(held.Key.Host, CultureInfo.InvariantCulture);
    }

    private static int StartOf(string clientId, string tunnel, int count)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{clientId}\n{tunnel}"));
        return (int)(BinaryPrimitives.ReadUInt32BigEndian(hash) % (uint)count);
    }

    private static Assignment Unavailable(string message) =>
        new(new Rejected(RejectCode.PortUnavailable, message, MayRetry: false));

    private static Rejected NotOffered(TunnelKind kind)
    {
        string name = kind == TunnelKind.Udp ? "UDP" : "TCP";
        string command = kind.ToWire();
        string flag = kind == TunnelKind.Udp ? " --udp" : "";
        return new Rejected(RejectCode.KindUnsupported,
            $"This server offers no public {name} ports (GGROK_{name}_PORTS is not set; a platform with one HTTP port has none to offer). "
            + $"Use a private name: here \"ggrok {command} PORT --name my-device\", elsewhere \"ggrok connect my-device{flag} --listen 127.0.0.1:PORT\".",
            MayRetry: false);
    }
}
