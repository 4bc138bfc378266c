using System.Net;
using System.Net.Sockets;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>Names that only clients reach: who holds them, what is said when nobody does, and what happens when that changes.</summary>
public class PrivateNameTests
{
    [Fact]
    public async Task A_name_that_nobody_serves_ends_the_client_at_once_with_a_sentence()
    {
        await using RawScene scene = await RawScene.StartAsync();

        ClientExit exit = await scene.Start(scene.ConnectOptions("device-42")).Exit;

        exit.Code.ShouldBe(ExitCode.NameUnknown);
        exit.Message.ShouldNotBeNull().ShouldContain("Nobody serves the name device-42");
        exit.Message.ShouldContain("--wait");
    }

    [Fact]
    public async Task With_WaitForNames_the_listener_is_there_first_and_the_device_is_used_once_it_comes()
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        (RunningClient connecting, IPEndPoint address) = await scene.ConnectAsync("device-42", wait: true);
        await RawScene.ShouldResetAsync(address);
        (await connecting.Events.NextConnectionAsync()).Error.ShouldBe(RelayError.NoTunnel);

        await scene.ServeAsync(RawScene.Tcp(local.Url.Port, "device-42"));

        await ShouldReachAsync(address, local);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_device_that_went_away_resets_connections_at_once_and_is_used_again_when_it_is_back(bool isStopped)
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        TunnelClientOptions device = RunningClient.Options(scene.Server.Url, local.Url, _ => RawScene.Tcp(local.Url.Port, "device-42")) with { Reconnect = false };
        RunningClient serving = scene.Start(device);
        await serving.Events.NextReadyAsync();
        (RunningClient connecting, IPEndPoint address) = await scene.ConnectAsync("device-42");
        await ShouldReachAsync(address, local);
        await connecting.Events.NextConnectionAsync();
        using RawSocket running = await RawScene.DialAsync(address);
        using RawSocket runningLocal = await local.AcceptAsync();

        if (isStopped)
        {
            runningLocal.Reset();
            await RawScene.ShouldBeResetAsync(running);
            serving.Stop();
            await serving.Exit;
        }
        else
        {
            await scene.CutAsync(serving);
            await RawScene.ShouldBeResetAsync(running);
            await Should.ThrowAsync<IOException>(() => runningLocal.ReadToEndAsync());
            await serving.Exit;
        }

        await connecting.Events.NextConnectionAsync();
        RelayError expected = isStopped ? RelayError.NoTunnel : RelayError.TunnelAway;
        await Eventually.BecomesAsync(async () =>
        {
            await RawScene.ShouldResetAsync(address);
            return (await connecting.Events.NextConnectionAsync()).Error;
        }, expected);

        await scene.Start(device).Events.NextReadyAsync();
        await ShouldReachAsync(address, local);
        connecting.Events.Log.Count(l => l.StartsWith("connecting", StringComparison.Ordinal)).ShouldBe(1, "the client that connects never lost its own session");
    }

    [Fact]
    public async Task A_client_that_connects_comes_back_itself_and_connections_wait_for_it()
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(RawScene.Tcp(local.Url.Port, "device-42"));
        (RunningClient connecting, IPEndPoint address) = await scene.ConnectAsync("device-42");
        using RawSocket lost = await RawScene.DialAsync(address);
        using RawSocket lostLocal = await local.AcceptAsync();

        await scene.CutAsync(connecting);
        await RawScene.ShouldBeResetAsync(lost);
        await Should.ThrowAsync<IOException>(() => lostLocal.ReadToEndAsync());

        // Whether before, while or after it connects again.
        await ShouldReachAsync(address, local);
        await scene.ReleasedAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_wrong_kind_is_named_at_once(bool servesUdp)
    {
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(servesUdp ? RawScene.Udp(9, "device-42") : RawScene.Tcp(9, "device-42"));

        ClientExit exit = await scene.Start(scene.ConnectOptions("device-42", udp: !servesUdp)).Exit;

        exit.Code.ShouldBe(ExitCode.Usage);
        exit.Message.ShouldNotBeNull().ShouldContain(servesUdp ? "device-42 is a udp tunnel; connect with --udp" : "device-42 is a tcp tunnel; connect without --udp");
    }

    [Fact]
    public async Task A_name_that_comes_back_as_another_kind_resets_connections()
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        (RunningClient connecting, IPEndPoint address) = await scene.ConnectAsync("device-42", wait: true);
        await scene.ServeAsync(RawScene.Udp(9, "device-42"));

        await RawScene.ShouldResetAsync(address);

        (await connecting.Events.NextConnectionAsync()).Error.ShouldBe(RelayError.WrongKind);
    }

    [Fact]
    public async Task A_name_is_held_by_one_client_and_taken_over_by_the_same_one_only()
    {
        using var first = new RawListener();
        using var second = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        (RunningClient old, Uri url) = await scene.ServeAsync(RawScene.Tcp(first.Url.Port, "device-42"), id: "device");
        url.OriginalString.ShouldBe("ggrok://device-42");

        ClientExit other = await scene.Start(RunningClient.Options(scene.Server.Url, second.Url, _ => RawScene.Tcp(second.Url.Port, "DEVICE-42"))).Exit;
        other.Code.ShouldBe(ExitCode.NameTaken);
        other.Message.ShouldNotBeNull().ShouldContain("the name device-42 is held by anna@laptop");
        other.Message.ShouldContain("--name");

        await scene.ServeAsync(RawScene.Tcp(second.Url.Port, "device-42"), id: "device");
        (await old.Exit).Code.ShouldBe(ExitCode.Replaced);
        (_, IPEndPoint address) = await scene.ConnectAsync("device-42");
        await ShouldReachAsync(address, second);
    }

    [Fact]
    public async Task Names_do_not_tell_upper_from_lower_case()
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(RawScene.Tcp(local.Url.Port, "Device-42"));

        (_, IPEndPoint address) = await scene.ConnectAsync("dEVICE-42");

        await ShouldReachAsync(address, local);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-device")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a:22")]
    [InlineData("gerät")]
    [InlineData("*")]
    public async Task A_name_that_is_none_is_refused_on_both_sides(string name)
    {
        await using RawScene scene = await RawScene.StartAsync();

        ClientExit serving = await scene.Start(RunningClient.Options(scene.Server.Url, scene.Server.Url, _ => RawScene.Tcp(9, name))).Exit;
        ClientExit connecting = await scene.Start(scene.ConnectOptions(name)).Exit;

        (serving.Code, connecting.Code).ShouldBe((ExitCode.Refused, ExitCode.Refused));
        serving.Message.ShouldNotBeNull().ShouldContain("is no private name");
        connecting.Message.ShouldNotBeNull().ShouldContain("is no private name");
    }

    [Theory]
    [InlineData("device-42")]
    [InlineData("device-42:80")]
    [InlineData("private:device-42:80")]
    [InlineData("private:device-42")]
    [InlineData("Private")]
    [InlineData("ggrok://device-42")]
    public async Task A_private_name_is_not_reached_over_HTTP(string host)
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(RawScene.Tcp(local.Url.Port, "device-42"));
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Server.Url);

        await visitor.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

        (await visitor.ReadToEndAsync())[..12].ShouldBeOneOf("HTTP/1.1 404", "HTTP/1.1 400");
        scene.Sessions.ShouldAllBe(s => s.Connection.OpenStreams == 0);
        (await new HttpClient().GetAsync(new Uri(scene.Server.Url, "/$$ggrok/tls-allowed?domain=device-42"))).StatusCode.ShouldNotBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_private_name_that_is_a_port_number_is_not_that_public_port()
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        using var other = new RawListener();
        (_, Uri url) = await scene.ServeAsync(RawScene.Tcp(local.Url.Port));
        await scene.ServeAsync(RawScene.Tcp(other.Url.Port, $"{url.Port}"));

        await ShouldReachAsync(new IPEndPoint(IPAddress.Loopback, url.Port), local);
        (_, IPEndPoint address) = await scene.ConnectAsync($"{url.Port}");
        await ShouldReachAsync(address, other);
    }

    [Fact]
    public async Task An_address_that_is_taken_ends_the_client_with_a_sentence()
    {
        using var taken = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        TunnelClientOptions options = scene.ConnectOptions("device-42") with
        {
            Connect = [new ConnectTarget("a", new IPEndPoint(IPAddress.Loopback, 0)), new ConnectTarget("b", new IPEndPoint(IPAddress.Loopback, taken.Url.Port))],
        };

        ClientExit exit = await scene.Start(options).Exit;

        exit.Code.ShouldBe(ExitCode.Usage);
        exit.Message.ShouldNotBeNull().ShouldContain("cannot be listened on");
    }

    [Fact]
    public async Task More_connections_than_a_session_may_have_are_named_so()
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync(("GGROK_MAX_STREAMS", "1"));
        await scene.ServeAsync(RawScene.Tcp(local.Url.Port, "device-42"));
        (RunningClient connecting, IPEndPoint address) = await scene.ConnectAsync("device-42");
        using RawSocket first = await RawScene.DialAsync(address);
        using RawSocket accepted = await local.AcceptAsync();

        await RawScene.ShouldResetAsync(address);

        (await connecting.Events.NextConnectionAsync()).Error.ShouldBe(RelayError.TooManyStreams);
        await first.SendAsync("still works");
        (await accepted.ReadUntilAsync("works")).ShouldBe("still works");
    }

    [Fact]
    public async Task Stopping_the_client_that_connects_takes_no_new_connections_and_lets_the_running_one_finish()
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(RawScene.Tcp(local.Url.Port, "device-42"));
        RunningClient connecting = scene.Start(scene.ConnectOptions("device-42") with { DrainTimeout = Within.Limit });
        IPEndPoint address = await connecting.Events.NextListeningAsync();
        using RawSocket visitor = await RawScene.DialAsync(address);
        using RawSocket accepted = await local.AcceptAsync();

        connecting.Stop();
        await Eventually.BecomesAsync(async () =>
        {
            try
            {
                // Closed in order it would look half-closed to the service, which nobody here ends.
                using RawSocket late = await RawScene.DialAsync(address);
                late.Reset();
                return false;
            }
            catch (SocketException e)
            {
                return e.SocketErrorCode == SocketError.ConnectionRefused;
            }
        }, true);
        await visitor.SendAsync("last words");
        visitor.ShutdownSend();
        (await accepted.ReadToEndAsync()).ShouldBe("last words");
        accepted.ShutdownSend();

        (await connecting.Exit).Code.ShouldBe(ExitCode.Ok);
    }

    private static async Task ShouldReachAsync(IPEndPoint address, RawListener local)
    {
        using RawSocket visitor = await RawScene.DialAsync(address);
        using RawSocket accepted = await local.AcceptAsync();
        await visitor.SendAsync("hello\n");
        (await accepted.ReadUntilAsync("\n")).ShouldBe("hello\n");
        visitor.ShutdownSend();
        accepted.ShutdownSend();
        (await visitor.ReadToEndAsync()).ShouldBeEmpty();
    }
}
