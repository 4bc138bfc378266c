namespace Ggrok.Counts;

/// <summary>One count of the table.</summary>
/// <param name="Name">What was counted, per what.</param>
/// <param name="Value">The count.</param>
/// <param name="Limit">What it may be at most: somewhat more than it was when the limit was set.</param>
internal sealed record Count(string Name, double Value, double Limit)
{
    public bool IsTooMuch => Value > Limit;
}

/// <summary>Runs the loads between two readings of each side's counts.</summary>
internal static class Measurement
{
    private const int SmallBytes = 2048;
    private const int WarmUp = 4000;
    private const int Requests = 20_000;
    private const long BulkBytes = 256L << 20;
    private const int FrameBytes = 16 * 1024;

    public static async Task<List<Count>> RunAsync()
    {
        using var app = new LocalApp();
        await using SideProcess server = await SideProcess.StartAsync("server").ConfigureAwait(false);
        var url = new Uri(server.FirstLine);
        await using SideProcess client = await SideProcess.StartAsync("client", url.ToString(), app.Url.ToString()).ConfigureAwait(false);

        await LoadAsync(url, 64, WarmUp, SmallBytes).ConfigureAwait(false);
        List<Count> counts = [];
        foreach (int connections in (int[])[1, 64])
        {
            Delta small = await BetweenAsync(server, client, () => LoadAsync(url, connections, Requests, SmallBytes)).ConfigureAwait(false);
            counts.Add(new($"bytes allocated by the server per small request, {connections} connections", (double)small.Server.Allocated / Requests, 2048));
            counts.Add(new($"bytes allocated by the client per small request, {connections} connections", (double)small.Client.Allocated / Requests, 4096));
            counts.Add(new($"messages to the client per small request, {connections} connections", (double)small.Server.MessagesSent / Requests, 1.01));
            counts.Add(new($"messages from the client per small request, {connections} connections", (double)small.Server.MessagesReceived / Requests, 1.01));
        }

        await LoadAsync(url, 1, 1, BulkBytes).ConfigureAwait(false);
        Delta bulk = await BetweenAsync(server, client, () => LoadAsync(url, 1, 1, BulkBytes)).ConfigureAwait(false);
        double frames = (double)BulkBytes / FrameBytes;
        counts.Add(new("bytes allocated by the server per data frame", bulk.Server.Allocated / frames, 100));
        counts.Add(new("bytes allocated by the client per data frame", bulk.Client.Allocated / frames, 20));
        counts.Add(new("messages from the client per data frame", bulk.Server.MessagesReceived / frames, 1.01));
        counts.Add(new("bytes copied by the server's multiplexer per byte of a download", (double)bulk.Server.CopiedIn / BulkBytes, 0.05));
        return counts;
    }

    private static async Task<Delta> BetweenAsync(SideProcess server, SideProcess client, Func<Task> load)
    {
        (SideCounts Server, SideCounts Client) before = (await server.CountAsync().ConfigureAwait(false), await client.CountAsync().ConfigureAwait(false));
        await load().ConfigureAwait(false);
        (SideCounts Server, SideCounts Client) after = (await server.CountAsync().ConfigureAwait(false), await client.CountAsync().ConfigureAwait(false));
        return new Delta(Minus(after.Server, before.Server), Minus(after.Client, before.Client));
    }

    private static SideCounts Minus(SideCounts a, SideCounts b) =>
        new(a.Allocated - b.Allocated, a.MessagesSent - b.MessagesSent, a.MessagesReceived - b.MessagesReceived, a.CopiedIn - b.CopiedIn);

    private static async Task LoadAsync(Uri server, int connections, int requests, long bytes)
    {
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async _ =>
        {
            using Visitor visitor = await Visitor.ConnectAsync(server).ConfigureAwait(false);
            await visitor.GetAsync(server, bytes, requests / connections).ConfigureAwait(false);
        })).ConfigureAwait(false);
    }

    private sealed record Delta(SideCounts Server, SideCounts Client);
}
