using System.Globalization;
using System.Net;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>Services that people really reach this way, with their own clients.</summary>
public class RealServiceTests(PostgresCluster postgres) : IClassFixture<PostgresCluster>
{
    [ToolTheory("psql", "pgbench")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Psql_and_pgbench_work_as_on_a_direct_connection(bool isPrivate)
    {
        await using RawScene scene = await RawScene.StartAsync();
        int port = await WayAsync(scene, RawScene.Tcp(postgres.Port, isPrivate ? "db" : null));
        string to = string.Create(CultureInfo.InvariantCulture, $"-h 127.0.0.1 -p {port} -U postgres");
        string database = isPrivate ? "private" : "public";
        await Tool.RunAsync("psql", $"{to} -X -q -v ON_ERROR_STOP=1 -c \"create database {database}\" postgres");

        // Three megabytes, of which PostgreSQL itself says what they are.
        string sum = await Tool.RunAsync("psql", $"{to} -X -q -A -t -v ON_ERROR_STOP=1 -c \"select md5(string_agg(md5(i::text), '' order by i)) from generate_series(1, 100000) i\" {database}");
        string rows = await Tool.RunAsync("psql", $"{to} -X -q -A -t -v ON_ERROR_STOP=1 -c \"select md5(i::text) from generate_series(1, 100000) i order by i\" {database}");
        byte[] all = System.Text.Encoding.ASCII.GetBytes(rows.Replace("\n", "", StringComparison.Ordinal));
        Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(all)).ShouldBe(sum.Trim());

        await Tool.RunAsync("pgbench", $"{to} -i -q -s 1 {database}");
        string bench = await Tool.RunAsync("pgbench", $"{to} -c 8 -j 2 -t 50 {database}");

        bench.ShouldContain("number of transactions actually processed: 400/400");
        bench.ShouldContain("number of failed transactions: 0 (0.000%)");
        await scene.ReleasedAsync();
    }

    [ToolTheory("redis-server", "redis-benchmark", "redis-cli")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Redis_benchmark_runs_with_and_without_pipelining(bool isPrivate)
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RawScene scene = await RawScene.StartAsync();
        int port = await WayAsync(scene, RawScene.Tcp(redis.Port, isPrivate ? "cache" : null));
        string to = string.Create(CultureInfo.InvariantCulture, $"-h 127.0.0.1 -p {port}");

        foreach (int pipeline in new[] { 1, 16 })
        {
            string bench = await Tool.RunAsync("redis-benchmark", $"{to} -t ping,set,get -n 4000 -c 20 -d 500 -P {pipeline} --csv");
            bench.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(l => l.Split('"')[1]).ShouldBe(["PING_INLINE", "PING_MBULK", "SET", "GET"], bench);
        }

        (await Tool.RunAsync("redis-cli", $"{to} strlen key:__rand_int__")).Trim().ShouldBe("500");
        await scene.ReleasedAsync();
    }

    [ToolTheory("dig")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dig_asks_a_name_server_behind_a_UDP_tunnel(bool isPrivate)
    {
        using var dns = new UdpService((_, question) => Answer(question));
        await using RawScene scene = await RawScene.StartAsync();
        int port = await WayAsync(scene, RawScene.Udp(dns.Port, isPrivate ? "dns" : null));

        foreach (string name in new[] { "example.test", "a.much.longer.name.example.test" })
        {
            string answer = await Tool.RunAsync("dig", string.Create(CultureInfo.InvariantCulture, $"@127.0.0.1 -p {port} +notcp +short +tries=3 +time=5 {name} A"));
            answer.Trim().ShouldBe("192.0.2.42");
        }
    }

    private static async Task<int> WayAsync(RawScene scene, Ggrok.Client.Connection.LocalTunnel tunnel)
    {
        (_, Uri url) = await scene.ServeAsync(tunnel);
        return tunnel.PrivateName is { } name
            ? (await scene.ConnectAsync(name, tunnel.Kind == Ggrok.Shared.Protocol.TunnelKind.Udp)).Address.Port
            : url.Port;
    }

    // RFC 1035 section 4.1: the question again, and one address for whatever was asked.
    private static byte[] Answer(byte[] question)
    {
        int end = 12;
        while (question[end] != 0)
        {
            end += 1 + question[end];
        }

        end += 5;
        byte[] header = [question[0], question[1], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
        byte[] record = [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, .. IPAddress.Parse("192.0.2.42").GetAddressBytes()];
        return [.. header, .. question[12..end], .. record];
    }
}
