using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>As many connections through one tunnel as a client may have: nothing is lost, nothing mixed, nothing left.</summary>
public class ManyConnectionsTests
{
    private const int Connections = 1000;
    private const int MostBytes = 128 * 1024;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_thousand_connections_at_once_carry_their_own_bytes_both_ways(bool isPrivate)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(Connections);
        await using RawScene scene = await RawScene.StartAsync(("GGROK_LOG_REQUESTS", "false"));
        var (client, url) = await scene.ServeAsync(RawScene.Tcp(((IPEndPoint)listener.LocalEndpoint).Port, isPrivate ? "many" : null));
        IPEndPoint address = isPrivate ? (await scene.ConnectAsync("many")).Address : new IPEndPoint(IPAddress.Loopback, url.Port);
        int serverStreams = Connections * (isPrivate ? 2 : 1);

        // None sends more than its number before all are open, so that they are open at the same time.
        var allOpen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<byte[]>[] served = new Task<byte[]>[Connections];
        Task accepting = Task.Run(async () =>
        {
            for (int i = 0; i < Connections; i++)
            {
                Socket socket = await listener.AcceptSocketAsync();
                _ = ServeAsync(socket, served, allOpen.Task);
            }
        });
        Task<byte[]>[] visits = [.. Enumerable.Range(0, Connections).Select(i => Task.Run(() => VisitAsync(address, i, allOpen.Task)))];
        await Within.Bound(accepting, "all connections at the service");
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Sessions.Sum(s => s.Connection.OpenStreams)), serverStreams);
        allOpen.SetResult();

        byte[][] answers = await Within.Bound(Task.WhenAll(visits), "all answers");
        for (int i = 0; i < Connections; i++)
        {
            answers[i].ShouldBe(HashOf(i, fromVisitor: false), $"what connection {i} received");
            (await Within.Bound(served[i], "the service")).ShouldBe(HashOf(i, fromVisitor: true), $"what the service received from {i}");
        }

        await scene.ReleasedAsync();
        for (int i = 0; i < Connections; i++)
        {
            (await client.Events.NextConnectionAsync()).Error.ShouldBe(Ggrok.Shared.Protocol.RelayError.None);
        }
    }

    private static async Task<byte[]> VisitAsync(IPEndPoint address, int number, Task allOpen)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address);
        await socket.SendAsync(BitConverter.GetBytes(number));
        await allOpen;
        return await ExchangeAsync(socket, BytesOf(number, fromVisitor: true));
    }

    // The first four bytes say which one it is; the service may see them in any order.
    private static async Task ServeAsync(Socket socket, Task<byte[]>[] served, Task allOpen)
    {
        using (socket)
        {
            byte[] number = new byte[sizeof(int)];
            int have = 0;
            while (have < number.Length)
            {
                have += await socket.ReceiveAsync(number.AsMemory(have));
            }

            var done = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
            served[BitConverter.ToInt32(number)] = done.Task;
            await allOpen;
            done.SetResult(await ExchangeAsync(socket, BytesOf(BitConverter.ToInt32(number), fromVisitor: false)));
        }
    }

    /// <summary>Sends and receives at once, each to its end; returns the checksum of what came.</summary>
    private static async Task<byte[]> ExchangeAsync(Socket socket, byte[] bytes)
    {
        Task sending = Task.Run(async () =>
        {
            for (int at = 0; at < bytes.Length;)
            {
                at += await socket.SendAsync(bytes.AsMemory(at, Math.Min(9000, bytes.Length - at)));
            }

            socket.Shutdown(SocketShutdown.Send);
        });
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[16 * 1024];
        while (await socket.ReceiveAsync(buffer) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
        }

        await sending;
        return hash.GetHashAndReset();
    }

    private static byte[] BytesOf(int number, bool fromVisitor)
    {
        var random = new Random((2 * number) + (fromVisitor ? 1 : 0));
        byte[] bytes = new byte[random.Next(MostBytes)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] HashOf(int number, bool fromVisitor) => SHA256.HashData(BytesOf(number, fromVisitor));
}
