using System.Net;
using System.Net.Sockets;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Reliability;

/// <summary>A TCP service that sends back what it gets.</summary>
internal sealed class EchoService : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();

    private EchoService()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Url => new($"tcp://{_listener.LocalEndpoint}");

    public static EchoService Start() => new();

    /// <summary>One connection: a message there and back.</summary>
    public static async Task AskAsync(IPEndPoint address)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address);
        NetworkStream stream = client.GetStream();
        byte[] message = Guid.NewGuid().ToByteArray();
        await stream.WriteAsync(message);
        byte[] answer = new byte[message.Length];
        await Within.Bound(stream.ReadExactlyAsync(answer).AsTask(), "the echo");
        answer.ShouldBe(message);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = EchoAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private static async Task EchoAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                await stream.CopyToAsync(stream);
            }
            catch (IOException)
            {
                // The peer is gone.
            }
        }
    }
}
