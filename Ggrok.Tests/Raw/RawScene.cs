using System.Net;
using System.Net.Sockets;
using Ggrok.Client.Connection;
using Ggrok.Server.Raw;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>A server that offers every kind of port, clients that serve and clients that connect; disposed together.</summary>
public sealed class RawScene : IAsyncDisposable
{
    private static readonly (string Name, string Value)[] EveryPort =
    [
        ("GGROK_TCP_PORTS", "0"), ("GGROK_UDP_PORTS", "0"), ("GGROK_TLS_PASSTHROUGH_PORT", "0"), ("GGROK_PORTS_ADDRESS", "127.0.0.1"),
    ];

    private readonly List<RunningClient> _clients = [];

    private RawScene(RunningServer server)
    {
        Server = server;
    }

    public RunningServer Server { get; }

    public static async Task<RawScene> StartAsync(params (string Name, string Value)[] settings) =>
        new(await RunningServer.StartAsync([.. EveryPort.ExceptBy(settings.Select(s => s.Name), s => s.Name), .. settings]));

    /// <summary>A client that serves one tunnel; it is ready.</summary>
    public async Task<(RunningClient Client, Uri Url)> ServeAsync(LocalTunnel tunnel, string? token = null, string? id = null)
    {
        RunningClient client = Start(RunningClient.Options(Server.Url, tunnel.Target, _ => tunnel, token, id));
        return (client, (await client.Events.NextReadyAsync())[0].Url);
    }

    /// <summary>A client that makes a private name reachable here; it is ready.</summary>
    public async Task<(RunningClient Client, IPEndPoint Address)> ConnectAsync(string name, bool udp = false, string? token = null, bool wait = false)
    {
        RunningClient client = Start(ConnectOptions(name, udp, token) with { WaitForNames = wait });
        return (client, await client.Events.NextListeningAsync());
    }

    public TunnelClientOptions ConnectOptions(string name, bool udp = false, string? token = null) =>
        RunningClient.Options(Server.Url, Server.Url, token: token) with { Tunnels = [], Connect = [new ConnectTarget(name, new IPEndPoint(IPAddress.Loopback, 0), udp)] };

    public RunningClient Start(TunnelClientOptions options)
    {
        var client = new RunningClient(options);
        _clients.Add(client);
        return client;
    }

    public static LocalTunnel Tcp(int port, string? name = null, bool proxyProtocol = false) => new()
    {
        Name = "raw", Kind = TunnelKind.Tcp, Target = new Uri($"tcp://127.0.0.1:{port}"), PrivateName = name, ProxyProtocol = proxyProtocol,
    };

    public static LocalTunnel Udp(int port, string? name = null) => new()
    {
        Name = "raw", Kind = TunnelKind.Udp, Target = new Uri($"udp://127.0.0.1:{port}"), PrivateName = name,
    };

    public static async Task<RawSocket> DialAsync(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address);
        return new RawSocket(socket);
    }

    /// <summary>A connection to the address is reset; so early, maybe, that it is never seen to be open.</summary>
    public static async Task ShouldResetAsync(IPEndPoint address)
    {
        try
        {
            using RawSocket socket = await DialAsync(address);
            await ShouldBeResetAsync(socket);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Seen while it was opened.
        }
    }

    /// <summary>The connection ends with a reset, not in order.</summary>
    public static async Task ShouldBeResetAsync(RawSocket socket)
    {
        IOException e = await Should.ThrowAsync<IOException>(() => socket.ReadToEndAsync());
        ((SocketException)e.InnerException!).SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }

    /// <summary>The sessions that the server has now.</summary>
    public IEnumerable<TunnelSession> Sessions => Server.Get<SessionDirectory>().Sessions;

    /// <summary>No stream is left on any session, and no socket with the server.</summary>
    public Task ReleasedAsync() => Eventually.BecomesAsync(
        () => Task.FromResult((Sessions.Sum(s => s.Connection.OpenStreams), Server.Get<RawRelay>().Running)), (0, 0));

    /// <summary>What a network loss looks like to the server: a session of this client ends without a word.</summary>
    public async Task CutAsync(RunningClient client)
    {
        TunnelSession session = Sessions.Single(s => s.Hello.Client == client.ClientId);
        session.Connection.RequestClose(CloseReason.TransportLost);
        await Within.Bound(session.Connection.Ended, "the session to end");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RunningClient client in _clients)
        {
            await client.DisposeAsync();
        }

        await Server.DisposeAsync();
    }
}
