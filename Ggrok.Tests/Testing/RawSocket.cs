using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ggrok.Tests.Testing;

/// <summary>A visitor or a local service that speaks bytes, so that nothing between tidies them up.</summary>
public sealed class RawSocket(Socket socket) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly List<byte> _read = [];

    /// <summary>What was read and not taken yet.</summary>
    public string Unread => Encoding.Latin1.GetString([.. _read]);

    public int LocalPort => ((IPEndPoint)socket.LocalEndPoint!).Port;

    public static async Task<RawSocket> ConnectAsync(Uri url)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, url.Port);
        return new RawSocket(socket);
    }

    /// <summary>Sends until nothing more can be sent before the other end reads; returns how many bytes that were.</summary>
    public static int Fill(Socket socket)
    {
        byte[] bytes = new byte[64 * 1024];
        int sum = 0;
        socket.Blocking = false;
        for (int refused = 0; ;)
        {
            int count = socket.Send(bytes, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                // The buffers of the other end may still grow.
                if (++refused == 1000)
                {
                    socket.Blocking = true;
                    return sum;
                }

                Thread.Yield();
                continue;
            }

            error.ShouldBe(SocketError.Success);
            sum += count;
        }
    }

    public Task SendAsync(string text) => _stream.WriteAsync(Encoding.Latin1.GetBytes(text)).AsTask();

    public Task SendAsync(byte[] bytes) => _stream.WriteAsync(bytes).AsTask();

    public void ShutdownSend() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes so that the peer sees a reset.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    /// <summary>Reads until the text appears; returns everything up to and including it, and keeps the rest.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        byte[] mark = Encoding.Latin1.GetBytes(end);
        while (true)
        {
            int at = Find(mark);
            if (at >= 0)
            {
                string found = Encoding.Latin1.GetString([.. _read.Take(at + mark.Length)]);
                _read.RemoveRange(0, at + mark.Length);
                return found;
            }

            if (!await FillAsync(end))
            {
                throw new IOException($"The connection ended before \"{end}\"; it sent: {Encoding.Latin1.GetString([.. _read])}");
            }
        }
    }

    /// <summary>So many bytes.</summary>
    public async Task<byte[]> ReadAsync(int count)
    {
        byte[] bytes = new byte[count];
        int have = Math.Min(count, _read.Count);
        _read.CopyTo(0, bytes, 0, have);
        _read.RemoveRange(0, have);
        await Within.Bound(_stream.ReadExactlyAsync(bytes.AsMemory(have)).AsTask(), $"{count} bytes on a socket");
        return bytes;
    }

    /// <summary>Everything until the peer closes.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await FillAsync("the end"))
        {
        }

        return Encoding.Latin1.GetString([.. _read]);
    }

    /// <summary>Completes when the peer closed or reset the connection.</summary>
    public async Task WaitForCloseAsync()
    {
        try
        {
            await ReadToEndAsync();
        }
        catch (IOException)
        {
            // A reset closes as well.
        }
    }

    public void Dispose() => _stream.Dispose();

    private async Task<bool> FillAsync(string what)
    {
        byte[] buffer = new byte[16 * 1024];
        int count = await Within.Bound(_stream.ReadAsync(buffer).AsTask(), $"\"{what}\" on a socket");
        _read.AddRange(buffer.AsSpan(0, count));
        return count > 0;
    }

    private int Find(byte[] mark)
    {
        for (int i = 0; i + mark.Length <= _read.Count; i++)
        {
            if (_read.Skip(i).Take(mark.Length).SequenceEqual(mark))
            {
                return i;
            }
        }

        return -1;
    }
}

/// <summary>Accepts raw connections as a local service.</summary>
public sealed class RawListener : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RawListener()
    {
        _listener.Start();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public async Task<RawSocket> AcceptAsync() => new(await AcceptSocketAsync());

    public Task<Socket> AcceptSocketAsync() => Within.Bound(_listener.AcceptSocketAsync(), "a local connection");

    public void Dispose() => _listener.Dispose();
}

/// <summary>Server and client in front of a raw local service.</summary>
public sealed class RawEnvironment : IAsyncDisposable
{
    public required RawListener Local { get; init; }

    public required RunningServer Server { get; init; }

    public required RunningClient Client { get; init; }

    public static async Task<RawEnvironment> StartAsync(
        IEnumerable<(string Name, string Value)>? settings = null, Func<Ggrok.Client.Connection.LocalTunnel, Ggrok.Client.Connection.LocalTunnel>? tunnel = null)
    {
        var local = new RawListener();
        RunningServer server = await RunningServer.StartAsync(settings);
        var client = new RunningClient(RunningClient.Options(server.Url, local.Url, tunnel));
        await client.Events.NextReadyAsync();
        return new RawEnvironment { Local = local, Server = server, Client = client };
    }

    public Task<RawSocket> VisitAsync() => RawSocket.ConnectAsync(Server.Url);

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        Local.Dispose();
    }
}
