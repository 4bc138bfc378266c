using System.Net;
using System.Net.Sockets;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Programs;

/// <summary>Free loopback ports for programs that cannot say which one they took, and the wait until they serve it.</summary>
internal static class Ports
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until the port accepts connections.</summary>
    /// <exception cref="InvalidOperationException">One of the processes ended, or the port stayed closed for 15 s.</exception>
    public static Task WaitForAsync(int port, CancellationToken stop, params BackgroundProcess[] behind) =>
        PollAsync($"port {port}", behind, async limit =>
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port, limit).ConfigureAwait(false);
            return true;
        }, stop);

    /// <summary>Waits until the small file comes through the entrance with status 200.</summary>
    /// <exception cref="InvalidOperationException">One of the processes ended, or no such answer came within 15 s.</exception>
    public static async Task WaitForAsync(Entrance entrance, CancellationToken stop, params BackgroundProcess[] behind)
    {
        using HttpClient http = entrance.CreateClient();
        await PollAsync(entrance.Url, behind, async limit =>
        {
            using HttpRequestMessage request = entrance.Request(HttpMethod.Get, "/small");
            using HttpResponseMessage response = await http.SendAsync(request, limit).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK;
        }, stop).ConfigureAwait(false);
    }

    private static async Task PollAsync(string what, BackgroundProcess[] behind, Func<CancellationToken, Task<bool>> attempt, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        while (!limit.IsCancellationRequested)
        {
            if (behind.Any(b => b.HasExited))
            {
                throw new InvalidOperationException(Words(behind));
            }

            try
            {
                if (await attempt(limit.Token).ConfigureAwait(false))
                {
                    return;
                }

                await Task.Delay(50, limit.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or SocketException)
            {
                await Task.Delay(20, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                break;
            }
        }

        stop.ThrowIfCancellationRequested();
        throw new InvalidOperationException($"{what} did not answer within {Patience.TotalSeconds:0} s. {Words(behind)}");
    }

    // Of all: when one end stops, the other often knows why.
    private static string Words(BackgroundProcess[] processes) => string.Join(Environment.NewLine, processes.Select(p => p.LastWords));
}
