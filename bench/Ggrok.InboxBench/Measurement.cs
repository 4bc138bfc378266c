using System.Diagnostics;
using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Inbox;

namespace Ggrok.InboxBench;

/// <summary>Loads the inboxes of clients that were there once, in a store that is empty at the beginning.</summary>
internal static class Measurement
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    public static async Task<double> RunAsync(PostgresCluster? cluster, int tunnels, int senders, BenchOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("ggrok-inbox-bench-").FullName;
        try
        {
            (string setting, string value) = cluster is null ? ("GGROK_INBOX_DIR", folder) : ("DATABASE_URL", await cluster.NewDatabaseAsync().ConfigureAwait(false));
            await using BenchServer server = await BenchServer.StartAsync(setting, value).ConfigureAwait(false);
            await ComeAndGoAsync(server.Url, tunnels).ConfigureAwait(false);
            return await LoadAsync(server.Url, tunnels, senders, options).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // From then on the names are kept, and nobody is there.
    private static async Task ComeAndGoAsync(Uri server, int tunnels)
    {
        using var stop = new CancellationTokenSource();
        var events = new FirstReady();
        var client = new TunnelClientOptions
        {
            Server = server,
            ClientId = "bench",
            Label = "bench",
            Tunnels = [.. Enumerable.Range(0, tunnels).Select(n => new LocalTunnel
            {
                Name = PathOf(n)[1..],
                Target = new Uri("http://127.0.0.1:9"),
                Path = PathOf(n),
                Policies = [new PolicyDirective("inbox", "/*"), new PolicyDirective("inbox-max-requests", "1000000"), new PolicyDirective("inbox-max-bytes", "100GB")],
            })],
        };
        Task<ClientExit> running = new TunnelClient(client, events, TimeProvider.System).RunAsync(stop.Token);
        if (await Task.WhenAny(events.Ready, running).ConfigureAwait(false) == running)
        {
            throw new InvalidOperationException((await running.ConfigureAwait(false)).Message);
        }

        await stop.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
    }

    private static async Task<double> LoadAsync(Uri server, int tunnels, int senders, BenchOptions options)
    {
        using var stop = new CancellationTokenSource();
        long stored = 0;
        Task[] sending = [.. Enumerable.Range(0, senders).Select(n => Task.Run(async () =>
        {
            using Sender sender = await Sender.ConnectAsync(server, PathOf(n % tunnels) + "/hook", options.Bytes).ConfigureAwait(false);
            while (!stop.IsCancellationRequested)
            {
                await sender.PostAsync().ConfigureAwait(false);
                Interlocked.Increment(ref stored);
            }
        }))];
        await Task.WhenAny(Task.Delay(WarmUp), Task.WhenAll(sending)).ConfigureAwait(false);
        long before = Interlocked.Read(ref stored);
        long since = Stopwatch.GetTimestamp();
        await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(options.Seconds)), Task.WhenAll(sending)).ConfigureAwait(false);
        double rate = (Interlocked.Read(ref stored) - before) / Stopwatch.GetElapsedTime(since).TotalSeconds;
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(sending).ConfigureAwait(false);
        return rate;
    }

    private static string PathOf(int tunnel) => string.Create(CultureInfo.InvariantCulture, $"/t{tunnel}");
}
