using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Multiplexing;

namespace Ggrok.Counts;

/// <summary>
/// One side of the tunnel in a process of its own, so that what it allocates is its own. Writes a line when it is ready;
/// answers every line it reads with its counts; ends with its input.
/// </summary>
internal static class Side
{
    /// <summary>Begins the lines that are for the other process.</summary>
    public const string Mark = "> ";

    /// <summary>Set, both sides say on their error output which types they allocated.</summary>
    public const string TypesVariable = "COUNTS_TYPES";

    public static async Task RunServerAsync()
    {
        await using WebApplication app = GgrokServer.Build(["--urls", "http://127.0.0.1:0", "--GGROK_LOG_REQUESTS=false"]);
        await app.StartAsync().ConfigureAwait(false);
        SessionDirectory sessions = app.Services.GetRequiredService<SessionDirectory>();
        Say(app.Urls.First());
        Answer(() => sessions.Sessions.FirstOrDefault()?.Connection.Statistics);
    }

    public static async Task RunClientAsync(Uri server, Uri target)
    {
        var events = new FirstReady();
        var options = new TunnelClientOptions
        {
            Server = server,
            ClientId = "counts",
            Label = "counts",
            Tunnels = [new LocalTunnel { Name = "web", Target = target }],
        };
        using var stop = new CancellationTokenSource();
        Task<ClientExit> running = new TunnelClient(options, events, TimeProvider.System).RunAsync(stop.Token);
        await Task.WhenAny(events.Ready, running).ConfigureAwait(false);
        Say(running.IsCompleted ? "not ready" : "ready");
        Answer(() => null);
        await stop.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
    }

    private static void Answer(Func<MuxStatistics?> statistics)
    {
        using AllocationTypes? types = Environment.GetEnvironmentVariable(TypesVariable) is null ? null : new AllocationTypes();
        while (Console.ReadLine() is not null)
        {
            foreach ((string type, long bytes) in types?.Take() ?? [])
            {
                Console.Error.WriteLine($"{Environment.ProcessId,8} {bytes,12:N0}  {type}");
            }

            MuxStatistics? mux = statistics();
            var counts = new SideCounts(GC.GetTotalAllocatedBytes(precise: true), mux?.MessagesSent ?? 0, mux?.MessagesReceived ?? 0, mux?.BytesCopiedIn ?? 0);
            Say(JsonSerializer.Serialize(counts));
        }
    }

    // The server's log goes to the same output.
    private static void Say(string line) => Console.WriteLine(Mark + line);

    private sealed class FirstReady : IClientEvents
    {
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ready => _ready.Task;

        void IClientEvents.Ready(IReadOnlyList<PublicTunnel> tunnels) => _ready.TrySetResult();

        public void Connecting(int attempt)
        {
        }

        public void Lost(string reason, TimeSpan retryIn)
        {
        }

        public void Listening(string name, string address)
        {
        }

        public void Inspecting(Uri address)
        {
        }

        public void Notice(string message)
        {
        }

        public void ConnectionCompleted(in ConnectionSummary connection)
        {
        }

        public void ExchangeCompleted(in ExchangeSummary exchange)
        {
        }

        public void Draining(int running)
        {
        }
    }
}

/// <summary>What one side has counted since it started.</summary>
internal sealed record SideCounts(long Allocated, long MessagesSent, long MessagesReceived, long CopiedIn);
