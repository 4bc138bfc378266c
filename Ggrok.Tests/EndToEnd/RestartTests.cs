using System.Diagnostics;
using System.Net.Sockets;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.EndToEnd;

/// <summary>The server as a process of its own, killed without warning while visitors come.</summary>
public class RestartTests
{
    private const int Visitors = 20;

    [Fact]
    public async Task A_killed_server_loses_only_what_was_in_flight_and_is_found_again()
    {
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("ok"));
        int port = FreePort();
        Process server = await StartServerAsync(port);
        var url = new Uri($"http://127.0.0.1:{port}");
        await using var client = new RunningClient(RunningClient.Options(url, app.Url));
        await client.Events.NextReadyAsync();
        using var stop = new CancellationTokenSource();
        var load = new Load(url);
        Task[] visitors = [.. Enumerable.Range(0, Visitors).Select(_ => load.VisitAsync(stop.Token))];
        await load.ReachAsync(500);

        server.Kill();
        await server.WaitForExitAsync();
        load.ServerHasDied();
        server.Dispose();
        server = await StartServerAsync(port);
        long healthy = Stopwatch.GetTimestamp();
        await client.Events.NextReadyAsync();
        TimeSpan back = Stopwatch.GetElapsedTime(healthy);
        await load.ReachAsync(load.Answered + 500);
        await stop.CancelAsync();
        await Task.WhenAll(visitors);
        server.Kill();
        await server.WaitForExitAsync();
        server.Dispose();

        back.ShouldBeLessThan(TimeSpan.FromSeconds(2));
        load.BrokenOffLater.ShouldBe(0);
    }

    private static async Task<Process> StartServerAsync(int port)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Ggrok.Server.dll"));
        start.Environment["PORT"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["GGROK_LOG_REQUESTS"] = "false";
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var http = new HttpClient();
        await Eventually.BecomesAsync(async () =>
        {
            try
            {
                return (await http.GetAsync($"http://127.0.0.1:{port}/$$ggrok/health")).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return process.HasExited;
            }
        }, true);
        process.HasExited.ShouldBeFalse();
        return process;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Visitors who come again and again, and count what became of their requests.</summary>
    private sealed class Load(Uri url)
    {
        private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = url };
        private long _died = long.MaxValue;
        private int _answered;
        private int _brokenOffLater;

        public int Answered => Volatile.Read(ref _answered);

        /// <summary>Requests that got no answer though they were begun after the server had died: never in flight then.</summary>
        public int BrokenOffLater => Volatile.Read(ref _brokenOffLater);

        public void ServerHasDied() => Volatile.Write(ref _died, Stopwatch.GetTimestamp());

        public async Task VisitAsync(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                long begun = Stopwatch.GetTimestamp();
                try
                {
                    using HttpResponseMessage response = await _http.GetAsync("/", CancellationToken.None);
                    if (response.IsSuccessStatusCode && await response.Content.ReadAsStringAsync() == "ok")
                    {
                        Interlocked.Increment(ref _answered);
                    }
                }
                catch (HttpRequestException e)
                {
                    // Refused before anything was sent is the restart itself.
                    if (e.HttpRequestError != HttpRequestError.ConnectionError && begun > Volatile.Read(ref _died))
                    {
                        Interlocked.Increment(ref _brokenOffLater);
                    }
                }
            }
        }

        public Task ReachAsync(int answers) => Eventually.BecomesAsync(() => Task.FromResult(Answered >= answers), true);
    }
}
