using System.Globalization;
using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary>A tunnel, and where it is written.</summary>
internal sealed record NamedTunnel(string Origin, LocalTunnel Tunnel);

/// <summary>A private name to connect to, and where it is written.</summary>
internal sealed record NamedConnect(string Origin, ConnectTarget Target);

/// <summary>What two entries of a configuration cannot both have.</summary>
internal static class TunnelClashes
{
    /// <summary>A sentence for each entry that wants what an earlier one has.</summary>
    public static IEnumerable<string> Find(IReadOnlyList<NamedTunnel> tunnels, IReadOnlyList<NamedConnect> connect)
    {
        var held = new Dictionary<string, NamedTunnel>(StringComparer.Ordinal);
        foreach (NamedTunnel tunnel in tunnels)
        {
            if (PublicName(tunnel.Tunnel) is { } name && !held.TryAdd(name, tunnel))
            {
                yield return $"{tunnel.Origin} asks for {name}, as {held[name].Tunnel.Name} does; change one of them, or start them apart.";
            }
        }

        for (int i = 1; i < connect.Count; i++)
        {
            ConnectTarget target = connect[i].Target;
            if (connect.Take(i).FirstOrDefault(c => Overlap(c.Target, target)) is { } other)
            {
                yield return $"{connect[i].Origin} listens on {target.Listen}, and {other.Target.Name} on {other.Target.Listen}; give one of them another port.";
            }
        }
    }

    // Null where the server chooses.
    private static string? PublicName(LocalTunnel tunnel) => tunnel switch
    {
        { PrivateName: { } name } => $"the private name {name}",
        { RemotePort: { } port } => string.Create(CultureInfo.InvariantCulture, $"the {tunnel.Kind.ToWire()} port {port}"),
        { Kind: TunnelKind.Tcp or TunnelKind.Udp } or { Host: null, Subdomain: null, Path: null } => null,
        _ => $"{(tunnel.Kind == TunnelKind.Tls ? "the TLS name " : "")}{tunnel.Host ?? (tunnel.Subdomain is null ? "the server's own host with " : $"the subdomain {tunnel.Subdomain}")}{tunnel.Path}{(tunnel.Match is null ? "" : $" ({tunnel.Match})")}",
    };

    private static bool Overlap(ConnectTarget a, ConnectTarget b) =>
        a.Udp == b.Udp && a.Listen!.Port != 0 && a.Listen.Port == b.Listen!.Port
        && (a.Listen.Address.Equals(b.Listen.Address) || IsEvery(a.Listen.Address) || IsEvery(b.Listen.Address));

    private static bool IsEvery(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
