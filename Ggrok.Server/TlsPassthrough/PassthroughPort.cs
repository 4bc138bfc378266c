using System.Net;
using System.Net.Sockets;
using Ggrok.Server.Hosting;
using Ggrok.Server.Raw;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Server.TlsPassthrough;

/// <summary>
/// The port that TLS tunnels share. The server reads the name that the visitor asks for, which is not encrypted, and passes
/// everything on as it is: the certificate and the keys stay at the local service.
/// </summary>
public sealed partial class PassthroughPort(
    ServerOptions options, TunnelRegistry registry, RawRelay relay, TimeProvider time, ILogger<PassthroughPort> log) : IHostedService
{
    // Alerts (RFC 8446 section 6) as records: fatal, with the description's number at the end.
    private static readonly byte[] UnrecognizedName = [21, 3, 3, 0, 2, 2, 112];
    private static readonly byte[] DecodeError = [21, 3, 3, 0, 2, 2, 50];
    private static readonly byte[] InternalError = [21, 3, 3, 0, 2, 2, 80];

    private SocketAcceptor? _port;

    /// <summary>The port that listens, or null.</summary>
    public int? Port { get; private set; }

    /// <summary>Listens, if the settings say so.</summary>
    /// <exception cref="IOException">The port cannot be listened on.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.TlsPassthroughPort is { } port)
        {
            Socket socket = Listen(port);
            Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            _port = new SocketAcceptor(socket, ServeAsync, time);
            LogListening(Port.Value);
        }

        return Task.CompletedTask;
    }

    /// <summary>Takes no more connections.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Close();
        return Task.CompletedTask;
    }

    /// <summary>Takes no more connections.</summary>
    public void Close() => _port?.Dispose();

    private Socket Listen(int port)
    {
        try
        {
            return ListeningSocket.Bind(ProtocolType.Tcp, options.PortsAddress, port);
        }
        catch (SocketException e)
        {
            throw new IOException($"GGROK_TLS_PASSTHROUGH_PORT {port} cannot be listened on: {e.Message}.", e);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            (byte[] hello, string? name) = await ReadHelloAsync(socket).ConfigureAwait(false);
            TunnelRoute? route = name is not null && HostNames.Normalize(name) is { } host ? registry.Find(RouteKey.Tls(host)) : null;
            if (route?.Tunnel is null)
            {
                await RefuseAsync(socket, hello.Length == 0 ? DecodeError : route is null ? UnrecognizedName : InternalError).ConfigureAwait(false);
                LogRefused(RawRelay.TextOf(socket.RemoteEndPoint), Printable.Clean(name ?? "no name"));
                socket.Dispose();
                return;
            }

            await relay.ServeAsync(socket, route, hello).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Gone, or too slow.
            socket.Dispose();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            socket.Dispose();
            LogUnexpected(e);
        }
    }

    /// <summary>Everything read up to the end of the ClientHello; empty when it is none.</summary>
    private async Task<(byte[] Bytes, string? Name)> ReadHelloAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(options.HeaderTimeout, time);
        byte[] buffer = new byte[2048];
        int length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            int count = await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, limit.Token).ConfigureAwait(false);
            length += count;
            ClientHelloState state = ClientHello.Read(buffer.AsSpan(0, length), out string? name);
            if (state == ClientHelloState.Complete)
            {
                return (buffer[..length], name);
            }

            if (state == ClientHelloState.Invalid || count == 0)
            {
                return ([], null);
            }
        }
    }

    private static async Task RefuseAsync(Socket socket, byte[] alert)
    {
        await socket.SendAsync(alert, SocketFlags.None).ConfigureAwait(false);
        socket.Shutdown(SocketShutdown.Send);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A TLS connection failed without a name")]
    private partial void LogUnexpected(Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "TLS tunnels pass through on port {Port}")]
    private partial void LogListening(int port);

    [LoggerMessage(Level = LogLevel.Information, Message = "TLS connection from {Remote} for {Name} refused: no tunnel")]
    private partial void LogRefused(string remote, string name);
}
