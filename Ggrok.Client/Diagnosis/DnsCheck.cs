using System.Net;
using System.Net.Sockets;

namespace Ggrok.Client.Diagnosis;

/// <summary>The addresses of the server's name.</summary>
internal sealed class DnsCheck : ICheck
{
    public CheckName Name => CheckName.Dns;

    public string? Obstacle(Examination examination) => examination.Options is null ? Examination.NoServer : null;

    public Finding TooSlow(Examination examination, string limit) =>
        Unresolved(examination, $"no answer within {limit} about {examination.Options!.Server.Host}", "Is this machine online, and is its DNS server right?");

    public async Task<Finding> LookAsync(Examination examination, CancellationToken limit)
    {
        string host = examination.Options!.Server.IdnHost;
        if (IPAddress.TryParse(host, out IPAddress? literal))
        {
            examination.Addresses = [literal];
            return Finding.Pass($"{host} is an address, no name");
        }

        if (host == "localhost")
        {
            examination.Addresses = Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];
            return Finding.Pass("localhost is this machine");
        }

        try
        {
            examination.Addresses = await Dns.GetHostAddressesAsync(host, limit).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            bool unknown = e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData;
            return Unresolved(examination,
                unknown ? $"there is no name {host}" : $"{host} cannot be looked up: {e.Message}",
                unknown ? "Check --server; a new name may take some minutes until it is known everywhere." : "Is this machine online, and is its DNS server right?");
        }

        return Finding.Pass($"{host} is {string.Join(", ", examination.Addresses)}");
    }

    // With a proxy the name is the proxy's to look up.
    private static Finding Unresolved(Examination examination, string found, string advice) => examination.Proxy is null
        ? Finding.Fail(found, advice)
        : Finding.Warn(found, "A proxy is used, which looks the name up itself; if it finds none either, check --server.");
}
