using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ggrok.Client.Diagnosis;

/// <summary>A connection to each address, of either family.</summary>
internal sealed class TcpCheck : ICheck
{
    public CheckName Name => CheckName.Tcp;

    public string? Obstacle(Examination examination) => examination.Options is null ? Examination.NoServer
        : examination.Addresses.Count == 0 && examination.Proxy is null ? "there is no address to connect to"
        : null;

    public async Task<Finding> LookAsync(Examination examination, CancellationToken limit)
    {
        Uri server = examination.Options!.Server;
        Uri next = examination.Proxy ?? server;
        IReadOnlyList<IPAddress> addresses = examination.Addresses;
        if (examination.Proxy is not null)
        {
            try
            {
                addresses = await Dns.GetHostAddressesAsync(next.IdnHost, limit).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                return Finding.Fail($"the proxy's name {next.IdnHost} cannot be resolved", "Correct the proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or exempt the server with NO_PROXY.");
            }
        }

        Attempt[] attempts = await Task.WhenAll(addresses.Select(a => ConnectAsync(a, next.Port, limit))).ConfigureAwait(false);
        examination.IsReached = Array.Exists(attempts, a => a.Problem is null);
        return Judge(attempts, server, examination.Proxy);
    }

    private static Finding Judge(Attempt[] attempts, Uri server, Uri? proxy)
    {
        string found = (proxy is null ? "" : "proxy ") + string.Join(", ", attempts.Select(a => a.ToString()));
        if (Array.TrueForAll(attempts, a => a.Problem is not null))
        {
            bool refused = Array.Exists(attempts, a => a.Problem == Attempt.Refused);
            return Finding.Fail(found, proxy is not null
                ? "The proxy does not answer; correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or exempt the server with NO_PROXY."
                : refused ? string.Create(CultureInfo.InvariantCulture, $"Nothing listens at port {server.Port}; start the server, or write its port: --server {server.Host}:PORT.")
                : "A firewall or the network is in the way, or the machine is off; is the address right?");
        }

        // On this machine a server of one family is usual.
        return server.IsLoopback || Array.TrueForAll(attempts, a => a.Problem is null)
            ? Finding.Pass(found)
            : Finding.Warn(found, "Addresses are tried in turn, so connecting may take long; open the port there too, or remove the address from DNS.");
    }

    private static async Task<Attempt> ConnectAsync(IPAddress address, int port, CancellationToken limit)
    {
        var point = new IPEndPoint(address, port);
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(point, limit).ConfigureAwait(false);
            return new Attempt(point, null);
        }
        catch (OperationCanceledException)
        {
            return new Attempt(point, "does not answer");
        }
        catch (SocketException e)
        {
            return new Attempt(point, e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => Attempt.Refused,
                SocketError.TimedOut => "does not answer",
                SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.AddressNotAvailable => "cannot be reached from here",
                _ => e.Message,
            });
        }
    }

    private sealed record Attempt(IPEndPoint Address, string? Problem)
    {
        public const string Refused = "refuses";

        public override string ToString() => $"{Address} {Problem ?? "answers"}";
    }
}
