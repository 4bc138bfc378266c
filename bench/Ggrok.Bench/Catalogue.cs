using Ggrok.Bench.Peers;
using Ggrok.Bench.Scenarios;

namespace Ggrok.Bench;

/// <summary>Everything that the bench knows, in the order of the table. A new row or column is added here.</summary>
internal static class Catalogue
{
    /// <summary>The column to which the others are compared.</summary>
    public const string Yardstick = "nginx";

    /// <summary>The columns without <c>--peers</c>: what carries HTTP.</summary>
    public static IReadOnlyList<string> UsualPeers { get; } = ["direct", "nginx", "ggrok", "ssh", "localtunnel"];

    public static IPeer[] Peers(string root)
    {
        var build = new GgrokBuild(root);
        return
        [
            new Direct(), new NginxDoubleHop(), new GgrokTunnel(build), new GgrokTunnel(build, inspect: false), new GgrokTcp(build), new GgrokConnect(build),
            new SshForward(reverse: true), new SshForward(reverse: false), new LocalTunnel(),
        ];
    }

    public static IScenario[] Scenarios(BenchSizes sizes)
    {
        string size = sizes.BulkMebibytes % 1024 == 0 ? $"{sizes.BulkMebibytes / 1024} GiB" : $"{sizes.BulkMebibytes} MiB";
        return
        [
            new SmallRequests(64), new SmallRequests(1), Bulk.Down(size), Bulk.Up(size), new ParallelDownloads(8), new ColdStart(),
            new LongWay(sizes.RoundTripMilliseconds), new IdleTunnels(sizes.Tunnels), new Verification(size),
        ];
    }
}
