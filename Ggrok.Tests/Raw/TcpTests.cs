using System.Net;
using System.Net.Sockets;
using System.Text;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>TCP through a public port and through a private name: the same bytes, ends and failures as without a tunnel.</summary>
public class TcpTests
{
    public static TheoryData<bool> Ways => new(false, true);

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Bytes_pass_both_ways_and_each_direction_ends_on_its_own(bool isPrivate)
    {
        await using var way = await Way.OpenAsync(isPrivate);
        using RawSocket visitor = await RawScene.DialAsync(way.Address);
        using RawSocket local = await way.Local.AcceptAsync();

        await visitor.SendAsync("ping\0\r\n");
        (await local.ReadUntilAsync("\r\n")).ShouldBe("ping\0\r\n");
        visitor.ShutdownSend();
        (await local.ReadToEndAsync()).ShouldBeEmpty();
        await local.SendAsync("after the visitor's end");
        local.ShutdownSend();

        (await visitor.ReadToEndAsync()).ShouldBe("after the visitor's end");
        ConnectionSummary summary = await way.Serving.Events.NextConnectionAsync();
        (summary.Error, summary.BytesIn, summary.BytesOut).ShouldBe((RelayError.None, 7, 23));
        summary.Remote.ShouldBe("127.0.0.1");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task The_local_service_may_end_first(bool isPrivate)
    {
        await using var way = await Way.OpenAsync(isPrivate);
        using RawSocket visitor = await RawScene.DialAsync(way.Address);
        using RawSocket local = await way.Local.AcceptAsync();

        await local.SendAsync("220 hello\r\n");
        local.ShutdownSend();
        (await visitor.ReadToEndAsync()).ShouldBe("220 hello\r\n");
        await visitor.SendAsync("still heard");
        visitor.ShutdownSend();

        (await local.ReadToEndAsync()).ShouldBe("still heard");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_reset_of_either_side_is_a_reset_at_the_other(bool isPrivate)
    {
        await using var way = await Way.OpenAsync(isPrivate);
        using RawSocket visitor = await RawScene.DialAsync(way.Address);
        using RawSocket local = await way.Local.AcceptAsync();
        visitor.Reset();
        await RawScene.ShouldBeResetAsync(local);

        using RawSocket second = await RawScene.DialAsync(way.Address);
        using RawSocket secondLocal = await way.Local.AcceptAsync();
        await secondLocal.SendAsync("x");
        await second.ReadUntilAsync("x");
        secondLocal.Reset();
        await RawScene.ShouldBeResetAsync(second);
        (await way.Serving.Events.NextConnectionAsync()).Error.ShouldBe(RelayError.VisitorGone);
        (await way.Serving.Events.NextConnectionAsync()).Error.ShouldBe(RelayError.ResponseBodyLocal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_local_service_that_is_down_resets_the_visitor_and_has_a_name(bool isPrivate)
    {
        await using var way = await Way.OpenAsync(isPrivate);
        way.Local.Dispose();

        await RawScene.ShouldResetAsync(way.Address);

        (await way.Serving.Events.NextConnectionAsync()).Error.ShouldBe(RelayError.LocalUnreachable);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Killing_the_serving_client_ends_the_connections_at_once(bool isPrivate)
    {
        await using var way = await Way.OpenAsync(isPrivate, drain: Within.Limit);
        using RawSocket visitor = await RawScene.DialAsync(way.Address);
        using RawSocket local = await way.Local.AcceptAsync();
        await visitor.SendAsync("x");
        await local.ReadUntilAsync("x");

        way.Serving.Stop();

        // The drain lets running connections go on until they end or its time is over.
        local.ShutdownSend();
        (await visitor.ReadToEndAsync()).ShouldBeEmpty();
        visitor.ShutdownSend();
        (await way.Serving.Exit).Code.ShouldBe(ExitCode.Ok);
    }

    [Fact]
    public async Task A_slow_reader_holds_up_its_own_connection_only()
    {
        await using var way = await Way.OpenAsync(isPrivate: true);
        using RawSocket slow = await RawScene.DialAsync(way.Address);
        using RawSocket slowLocal = await way.Local.AcceptAsync();
        Task flood = slowLocal.SendAsync(new byte[64 * 1024 * 1024]);

        using RawSocket quick = await RawScene.DialAsync(way.Address);
        using RawSocket quickLocal = await way.Local.AcceptAsync();
        await quick.SendAsync("hello");
        (await quickLocal.ReadUntilAsync("hello")).ShouldBe("hello");

        flood.IsCompleted.ShouldBeFalse("64 MiB are more than the windows and buffers of the way hold");
        slow.Reset();
        await Should.ThrowAsync<IOException>(() => flood);
    }

    [Fact]
    public async Task The_proxy_protocol_tells_the_local_service_who_connected()
    {
        await using var way = await Way.OpenAsync(isPrivate: false, proxyProtocol: true);
        using RawSocket visitor = await RawScene.DialAsync(way.Address);
        using RawSocket local = await way.Local.AcceptAsync();
        await visitor.SendAsync("GET /");

        byte[] got = Encoding.Latin1.GetBytes(await local.ReadUntilAsync("GET /"));

        got[..12].ShouldBe(Encoding.Latin1.GetBytes("\r\n\r\n\0\r\nQUIT\n"));
        got[12..16].ShouldBe([0x21, 0x11, 0, 12], "version 2, PROXY, TCP over IPv4, twelve bytes of addresses");
        got[16..24].ShouldBe([127, 0, 0, 1, 127, 0, 0, 1]);
        (got[24] << 8 | got[25]).ShouldBe(visitor.LocalPort);
        (got[26] << 8 | got[27]).ShouldBe(way.Address.Port);
        got[28..].ShouldBe("GET /"u8.ToArray());
    }
}

/// <summary>One raw local service and the way in to it.</summary>
public sealed class Way : IAsyncDisposable
{
    public required RawScene Scene { get; init; }

    public required RawListener Local { get; init; }

    public required RunningClient Serving { get; init; }

    public required IPEndPoint Address { get; init; }

    public static async Task<Way> OpenAsync(bool isPrivate, bool proxyProtocol = false, TimeSpan? drain = null)
    {
        RawScene scene = await RawScene.StartAsync();
        var local = new RawListener();
        TunnelClientOptions options = RunningClient.Options(scene.Server.Url, local.Url, _ => RawScene.Tcp(local.Url.Port, isPrivate ? "device-42" : null, proxyProtocol));
        RunningClient serving = scene.Start(options with { DrainTimeout = drain ?? options.DrainTimeout });
        Uri url = (await serving.Events.NextReadyAsync())[0].Url;
        IPEndPoint address = isPrivate ? (await scene.ConnectAsync("device-42")).Address : new IPEndPoint(IPAddress.Loopback, url.Port);
        return new Way { Scene = scene, Local = local, Serving = serving, Address = address };
    }

    public async ValueTask DisposeAsync()
    {
        Local.Dispose();
        await Scene.DisposeAsync();
    }
}
