using System.Diagnostics;
using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Raw;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Tests.Edge.Bandwidth;

/// <summary>That bytes without HTTP take their time, too, whichever way they go.</summary>
public class RawPacingTests
{
    private const int Bytes = 300_000;

    // 300 kB at 1 MB/s, less what may be made up for at the beginning and the last piece, which waits for nobody. A wait of less than
    // 5 ms is none.
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(300 - 50 - 17 - 5);

    [Theory]
    [InlineData("up 1MB/s", false)]
    [InlineData("up 1MB/s", true)]
    [InlineData("down 1MB/s", false)]
    [InlineData("down 1MB/s", true)]
    public async Task Connections_to_ports_and_to_private_names_take_their_time(string rate, bool isPrivate)
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        (_, Uri url) = await scene.ServeAsync(Paced(RawScene.Tcp(local.Url.Port, isPrivate ? "device" : null), rate));
        IPEndPoint address = isPrivate ? (await scene.ConnectAsync("device")).Address : new IPEndPoint(IPAddress.Loopback, url.Port);
        using RawSocket visitor = await RawScene.DialAsync(address);
        using RawSocket service = await local.AcceptAsync();
        (RawSocket from, RawSocket to) = rate.StartsWith("up", StringComparison.Ordinal) ? (visitor, service) : (service, visitor);
        long started = Stopwatch.GetTimestamp();

        Task sending = from.SendAsync(new byte[Bytes]);
        await to.ReadAsync(Bytes);

        Stopwatch.GetElapsedTime(started).ShouldBeGreaterThanOrEqualTo(Least);
        await sending;
    }

    [Theory]
    [InlineData("up 1MB/s")]
    [InlineData("down 1MB/s")]
    public async Task Datagrams_take_their_time(string rate)
    {
        const int Each = 10_000;
        using UdpService local = UdpService.Echo();
        await using RawScene scene = await RawScene.StartAsync();
        (_, Uri url) = await scene.ServeAsync(Paced(RawScene.Udp(local.Port), rate));
        using var peer = new UdpPeer(new IPEndPoint(IPAddress.Loopback, url.Port));
        long started = Stopwatch.GetTimestamp();

        for (int i = 0; i < Bytes / Each; i++)
        {
            await peer.SendAsync(new byte[Each]);
            (await peer.ReceiveBytesAsync()).Length.ShouldBe(Each);
        }

        Stopwatch.GetElapsedTime(started).ShouldBeGreaterThanOrEqualTo(Least);
    }

    [Theory]
    [InlineData("up 1MB/s")]
    [InlineData("down 1MB/s")]
    public async Task Upgrades_take_their_time(string rate)
    {
        await using EdgeScene scene = await EdgeScene.StartAsync([("bandwidth", rate)], app: async context =>
        {
            context.Response.Headers.Upgrade = "echo";
            await using Stream stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            await stream.CopyToAsync(stream);
        });
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Environment.PublicUrl);
        await visitor.SendAsync($"GET / HTTP/1.1\r\nHost: {scene.Environment.PublicUrl.Authority}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        await visitor.ReadUntilAsync("\r\n\r\n");
        long started = Stopwatch.GetTimestamp();

        Task sending = visitor.SendAsync(new byte[Bytes]);
        await visitor.ReadAsync(Bytes);

        Stopwatch.GetElapsedTime(started).ShouldBeGreaterThanOrEqualTo(Least);
        await sending;
    }

    private static LocalTunnel Paced(LocalTunnel tunnel, string rate) => tunnel with { Policies = [new PolicyDirective("bandwidth", rate)] };
}
