using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Ggrok.Client.Connection;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>What a token may do.</summary>
public class GrantTests
{
    private const string Tokens = "all,web public,device serve=device-*|db,user connect=device-*,both serve=db connect=db public";

    [Theory]
    [InlineData("all", "anything", true)]
    [InlineData("device", "device-42", true)]
    [InlineData("device", "DEVICE-42", true)]
    [InlineData("device", "db", true)]
    [InlineData("device", "db2", false)]
    [InlineData("device", "other", false)]
    [InlineData("both", "db", true)]
    [InlineData("user", "device-42", false)]
    [InlineData("web", "device-42", false)]
    public async Task Serving_a_name_takes_a_grant(string token, string name, bool allowed)
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TOKENS", Tokens));
        RunningClient client = scene.Start(RunningClient.Options(scene.Server.Url, scene.Server.Url, _ => RawScene.Tcp(9, name), token));
        if (allowed)
        {
            await client.Events.NextReadyAsync();
            return;
        }

        ClientExit exit = await client.Exit;
        exit.Code.ShouldBe(ExitCode.Refused);
        exit.Message.ShouldNotBeNull().ShouldContain($"serve={name}");
    }

    [Theory]
    [InlineData("all", true)]
    [InlineData("web", true)]
    [InlineData("both", true)]
    [InlineData("device", false)]
    [InlineData("user", false)]
    public async Task Public_tunnels_take_a_grant_whatever_their_kind(string token, bool allowed)
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TOKENS", Tokens));
        LocalTunnel[] tunnels = [new() { Name = "web", Target = scene.Server.Url }, RawScene.Tcp(9), RawScene.Udp(9), RawScene.Tcp(9) with { Kind = TunnelKind.Tls, Host = "a.test" }];
        foreach (LocalTunnel tunnel in tunnels)
        {
            RunningClient client = scene.Start(RunningClient.Options(scene.Server.Url, scene.Server.Url, _ => tunnel, token, id: "one"));
            if (allowed)
            {
                await client.Events.NextReadyAsync();
                continue;
            }

            ClientExit exit = await client.Exit;
            exit.Code.ShouldBe(ExitCode.Refused, $"{tunnel.Kind}");
            exit.Message.ShouldNotBeNull().ShouldContain("no public tunnels");
        }
    }

    [Fact]
    public async Task Connecting_takes_a_grant_and_a_refused_name_looks_the_same_whether_it_exists_or_not()
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TOKENS", Tokens));
        await scene.ServeAsync(RawScene.Tcp(9, "secret-thing"), "all");

        ClientExit there = await scene.Start(scene.ConnectOptions("secret-thing", token: "user")).Exit;
        ClientExit absent = await scene.Start(scene.ConnectOptions("secret-thong", token: "user")).Exit;
        ClientExit wrongKind = await scene.Start(scene.ConnectOptions("secret-thing", udp: true, token: "user")).Exit;

        there.Code.ShouldBe(ExitCode.Refused);
        there.Message.ShouldNotBeNull().ShouldContain("connect=secret-thing");
        absent.Message!.Replace("thong", "thing", StringComparison.Ordinal).ShouldBe(there.Message);
        (absent.Code, wrongKind.Code, wrongKind.Message).ShouldBe((there.Code, there.Code, there.Message));
    }

    [Theory]
    [InlineData("user")]
    [InlineData("all")]
    public async Task A_granted_name_is_reached(string token)
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TOKENS", Tokens));
        await scene.ServeAsync(RawScene.Tcp(local.Url.Port, "device-42"), "device");
        (_, IPEndPoint address) = await scene.ConnectAsync("device-42", token: token);

        using RawSocket visitor = await RawScene.DialAsync(address);
        using RawSocket accepted = await local.AcceptAsync();
        await visitor.SendAsync("hello");
        (await accepted.ReadUntilAsync("hello")).ShouldBe("hello");
    }

    // A client that says one name in its Hello and another one when it opens a stream.
    [Theory]
    [InlineData("secret-thing")]
    [InlineData("secret-thong")]
    public async Task The_grant_counts_for_each_connection(string name)
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TOKENS", Tokens));
        await scene.ServeAsync(RawScene.Tcp(9, "secret-thing"), "all");
        (RunningClient client, _) = await scene.ConnectAsync("device-1", token: "user", wait: true);
        TunnelSession session = scene.Sessions.Single(s => s.Hello.Client == client.ClientId);
        await using var pair = new TunnelPair();
        var stream = pair.Client.OpenStream()!;
        await stream.WriteAsync(FrameKind.Open, new RawOpen("id", "tcp", Name: name).Encode());

        await scene.Server.Get<Ggrok.Server.Rendezvous.ConnectRelay>().ServeAsync(session, await pair.ServerSide.AcceptAsync());

        (await stream.ExpectResetAsync()).ShouldBe(RelayError.NotGranted);
    }

    [Fact]
    public async Task An_old_Go_client_needs_public()
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TOKENS", Tokens));

        (await LegacyStatusAsync(scene, "device")).ShouldBe(HttpStatusCode.Forbidden);
        (await LegacyStatusAsync(scene, "web")).ShouldBe(HttpStatusCode.SwitchingProtocols);
        (await LegacyStatusAsync(scene, "unknown")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("s3cr3t serv=x", "serve=NAME|NAME, connect=NAME|NAME")]
    [InlineData("s3cr3t with spaces", "a token has no spaces")]
    [InlineData("s3cr3t serve=", "is no private name")]
    [InlineData("s3cr3t serve=a||b", "is no private name")]
    [InlineData("s3cr3t connect=a/b", "\"a/b\" is no private name")]
    [InlineData("s3cr3t connect=*?", "is no private name")]
    [InlineData("serve=device-*", "need a token")]
    [InlineData("s3cr3t,public", "need a token")]
    [InlineData("s3cr3t, connect=db", "need a token")]
    [InlineData("s3cr3t public, other, s3cr3t", "twice with different grants")]
    public async Task Grants_that_are_none_stop_the_server_with_a_sentence_that_keeps_the_token(string tokens, string expected)
    {
        SettingsException e = await Should.ThrowAsync<SettingsException>(() => RunningServer.StartAsync([("GGROK_TOKENS", tokens)]));

        e.Message.ShouldContain("GGROK_TOKENS");
        e.Message.ShouldContain(expected);
        e.Message.ShouldNotContain("s3cr3t");
    }

    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("device-*", "device-", true)]
    [InlineData("device-*", "device", false)]
    [InlineData("*-eu", "db-eu", true)]
    [InlineData("a*c", "abbbc", true)]
    [InlineData("a*c", "abbb", false)]
    [InlineData("a.b", "axb", false)]
    [InlineData("a|b", "b", true)]
    public void A_star_stands_for_any_characters(string pattern, string name, bool matches)
    {
        Grants.Parse(["serve=" + pattern]).AllowsServing(name).ShouldBe(matches);
        Grants.Parse(["connect=" + pattern]).AllowsConnecting(name).ShouldBe(matches);
        Grants.Parse(["serve=" + pattern]).AllowsConnecting(name).ShouldBeFalse();
    }

    private static async Task<HttpStatusCode> LegacyStatusAsync(RawScene scene, string token)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
        try
        {
            await socket.ConnectAsync(new UriBuilder(scene.Server.Url) { Scheme = "ws", Path = ProtocolLimits.Path }.Uri, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // The status says it.
        }

        return socket.HttpStatusCode;
    }
}
