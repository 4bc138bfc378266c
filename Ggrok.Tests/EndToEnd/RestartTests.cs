using System.Diagnostics;
using System.Globalization;
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
        (RunningProgram first, int port) = await StartServerAsync(FreePorts.One());
        await using RunningProgram killed = first;
        var url = new Uri($"http://127.0.0.1:{port}");
        await using var client = new RunningClient(RunningClient.Options(url, app.Url));
        await client.Events.NextReadyAsync();
        using var stop = new CancellationTokenSource();
        var load = new Load(url);
        Task[] visitors = [.. Enumerable.Range(0, Visitors).Select(_ => load.VisitAsync(stop.Token))];
        await load.ReachAsync(500);

        await killed.DisposeAsync();
        long died = Stopwatch.GetTimestamp();
        load.ServerHasDied();
        (RunningProgram second, _) = await StartServerAsync(port);
        await using RunningProgram restarted = second;
        TimeSpan away = Stopwatch.GetElapsedTime(died);
        await client.Events.NextReadyAsync();
        await load.ReachAsync(load.Answered + 500);
        await stop.CancelAsync();
        await Task.WhenAll(visitors);

        // The client may have been waiting when the server came back, but hardly longer than it had been away.
        client.Events.Waits.Last().ShouldBeLessThan((1.5 * away) + TimeSpan.FromSeconds(1));
        load.BrokenOffLater.ShouldBe(0);
    }

    // Killed, not asked, when it is disposed of.
    private static async Task<(RunningProgram Server, int Port)> StartServerAsync(int port)
    {
        RunningProgram server = RunningProgram.Start(
            "dotnet",
            $"\"{Path.Combine(AppContext.BaseDirectory, "Ggrok.Server.dll")}\"",
            environment: [("PORT", port.ToString(CultureInfo.InvariantCulture)), ("GGROK_LOG_REQUESTS", "false")]);
        string listening = await server.LineAsync("Now listening on");
        return (server, int.Parse(listening.AsSpan(listening.LastIndexOf(':') + 1).Trim(), CultureInfo.InvariantCulture));
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

                    // Refused at once, again and again, they would take the processor from the server that is to come back.
                    await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
                }
            }
        }

        public Task ReachAsync(int answers) => Eventually.BecomesAsync(() => Task.FromResult(Answered >= answers), true);
    }
}
