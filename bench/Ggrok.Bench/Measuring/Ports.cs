using System.Net;
using System.Net.Sockets;

namespace Ggrok.Bench.Measuring;

/// <summary>Free ports for programs that cannot say which one they took.</summary>
internal static class Ports
{
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until the address answers with 200.</summary>
    public static async Task WaitForAsync(string url, Action? check = null)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        for (int attempt = 0; attempt < 300; attempt++)
        {
            check?.Invoke();
            try
            {
                using HttpResponseMessage response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not there yet.
            }

            await Task.Delay(50).ConfigureAwait(false);
        }

        throw new InvalidOperationException($"{url} did not answer within 15 s.");
    }
}
