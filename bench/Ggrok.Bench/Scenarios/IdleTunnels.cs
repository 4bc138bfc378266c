using System.Diagnostics;
using System.Globalization;
using Ggrok.Bench.Fleet;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Scenarios;

/// <summary>What tunnels that nobody visits cost a server of their own.</summary>
internal sealed class IdleTunnels : IScenario
{
    private const int WarmUpTunnels = 100;
    private const int OtherFiles = 500;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan HeartbeatPatience = TimeSpan.FromSeconds(60);

    private readonly int _count;
    private readonly Metric _opened;
    private readonly Metric _settled;
    private readonly Metric _heartbeat;
    private readonly Metric _cpu;

    public IdleTunnels(int count)
    {
        _count = count;
        string many = string.Create(CultureInfo.InvariantCulture, $"{count:#,0} idle tunnels, ");
        _opened = Row("opened", many + "opened per second ↑", "#,0");
        _settled = Row("memory", many + "server's memory KiB each ↓", "0.0");
        _heartbeat = Row("heartbeat", many + "server's memory KiB each after a round of heartbeats ↓", "0.0");
        _cpu = Row("cpu", many + "server's CPU, % of a core ↓", "0.0");
    }

    public string Id => "idle";

    public IReadOnlyList<Metric> Metrics => [_opened, _settled, _heartbeat, _cpu];

    public bool Repeats => false;

    public bool AppliesTo(IPeer peer) => peer is ITunnelServer;

    public async Task MeasureAsync(Subject subject, Measurements into, CancellationToken stop)
    {
        if (OpenFiles.Limit < _count + OtherFiles)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                $"{_count} tunnels need {_count + OtherFiles} open files and the limit is {OpenFiles.Limit}; raise it with ulimit -Hn or ask for fewer with --tunnels."));
        }

        (ProcessTree server, Entrance entrance) = await ((ITunnelServer)subject.Peer).StartServerAsync(_count + WarmUpTunnels, stop).ConfigureAwait(false);
        using ProcessTree closing = server;
        await WarmUpAsync(entrance, stop).ConfigureAwait(false);
        double before = await Settled.KibibytesAsync(server, stop).ConfigureAwait(false);

        using var fleet = new IdleFleet(new Uri(entrance.Url));
        long started = Stopwatch.GetTimestamp();
        await fleet.OpenAsync("idle", _count, stop).ConfigureAwait(false);
        into.Add(subject.Peer.Id, _opened, _count / Stopwatch.GetElapsedTime(started).TotalSeconds);
        into.Add(subject.Peer.Id, _settled, (await Settled.KibibytesAsync(server, stop).ConfigureAwait(false) - before) / _count);

        into.Add(subject.Peer.Id, _cpu, await BeatAsync(fleet, server, stop).ConfigureAwait(false));
        into.Add(subject.Peer.Id, _heartbeat, (await Settled.KibibytesAsync(server, stop).ConfigureAwait(false) - before) / _count);
        if (fleet.Alive < _count)
        {
            throw new InvalidOperationException($"Only {fleet.Alive} of {_count} tunnels lived until the end.");
        }
    }

    // Code is compiled and pools are filled before the memory without tunnels is read.
    private static async Task WarmUpAsync(Entrance entrance, CancellationToken stop)
    {
        using var few = new IdleFleet(new Uri(entrance.Url));
        await few.OpenAsync("warm", WarmUpTunnels, stop).ConfigureAwait(false);
        await few.CloseAsync().ConfigureAwait(false);
    }

    // Percent of a core that the server used until it had beaten on every tunnel.
    private static async Task<double> BeatAsync(IdleFleet fleet, ProcessTree server, CancellationToken stop)
    {
        double before = server.CpuSeconds;
        long started = Stopwatch.GetTimestamp();
        while (!fleet.AllHaveHeard)
        {
            if (Stopwatch.GetElapsedTime(started) > HeartbeatPatience)
            {
                throw new InvalidOperationException("A tunnel had no heartbeat for a minute.");
            }

            await Task.Delay(Poll, stop).ConfigureAwait(false);
        }

        return (server.CpuSeconds - before) / Stopwatch.GetElapsedTime(started).TotalSeconds * 100;
    }

    private static Metric Row(string id, string title, string format) => new("idle." + id, title, format) { HasRatio = false };
}
