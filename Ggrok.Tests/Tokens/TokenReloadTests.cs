using System.Net;
using System.Net.WebSockets;
using Ggrok.Client.Connection;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tokens.Store;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Raw;
using Ggrok.Tests.Testing;
using Microsoft.Extensions.Logging;

namespace Ggrok.Tests.Tokens;

/// <summary>Tokens that come, go, expire and change while the server runs.</summary>
public sealed class TokenReloadTests : IDisposable
{
    // Clients live by the system's clock, and could not answer pings in the hours of a manual one.
    private static readonly (string Name, string Value) Quiet = ("GGROK_HEARTBEAT", "10h");

    private readonly TokenFolder _folder = new();

    [Fact]
    public async Task A_token_counts_once_it_is_made_and_a_revoked_one_ends_its_sessions_only()
    {
        await using RunningServer server = await RunningServer.StartAsync([_folder.StoreSetting]);
        string doomed = await _folder.CreateAsync("doomed");
        string kept = await _folder.CreateAsync("kept", "public");
        await using RunningClient first = Start(server, doomed, "/doomed");
        await using RunningClient second = Start(server, kept, "/kept");
        await first.Events.NextReadyAsync();
        await second.Events.NextReadyAsync();
        TunnelSession untouched = Sessions(server).Single(s => s.Identity.Id == "kept");

        (await _folder.Store().RevokeAsync("doomed", "test")).ShouldBeTrue();

        ClientExit exit = await first.Exit;
        exit.Code.ShouldBe(ExitCode.TokenRefused);
        exit.Message.ShouldBe("This token was revoked; pass another one with --token or GGROK_TOKEN.");
        server.Logs.Lines.ShouldContain(l => l.Message.Contains("of token doomed ends: TokenRevoked", StringComparison.Ordinal));
        (await Knock.AtAsync(server, doomed)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        await Eventually.BecomesAsync(() => Task.FromResult(Sessions(server).Count()), 1);
        Sessions(server).ShouldBe([untouched]);
        untouched.Connection.IsClosing.ShouldBeFalse();
        second.Events.Log.ShouldNotContain(l => l.StartsWith("lost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Within_the_server_a_revocation_counts_at_once()
    {
        string secret = await _folder.CreateAsync("ci");
        var time = new ManualTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync([_folder.StoreSetting, Quiet], time: time);
        await using RunningClient client = Start(server, secret);
        await client.Events.NextReadyAsync();

        (await server.Get<TokenStore>().RevokeAsync("ci", "anna")).ShouldBeTrue();

        (await client.Exit).Code.ShouldBe(ExitCode.TokenRefused);
        CreatedToken created = await server.Get<TokenStore>().CreateAsync("ci", Grants.All, "anna");
        (await Knock.AtAsync(server, created.Secret)).Status.ShouldBe(HttpStatusCode.SwitchingProtocols);
    }

    [Fact]
    public async Task A_session_ends_when_its_token_expires_and_not_before()
    {
        var time = new ManualTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "short expires=1970-01-02T00:10:00Z, long expires=1970-01-03"), Quiet], time: time);
        await using RunningClient first = Start(server, "short", "/a");
        await using RunningClient second = Start(server, "long", "/b");
        await first.Events.NextReadyAsync();
        await second.Events.NextReadyAsync();

        time.Advance(TimeSpan.FromSeconds(599));
        (await Knock.AtAsync(server, "short")).Status.ShouldBe(HttpStatusCode.SwitchingProtocols);
        Sessions(server).Count(s => !s.Connection.IsClosing).ShouldBe(2);
        time.Advance(TimeSpan.FromSeconds(1));

        ClientExit exit = await first.Exit;
        (exit.Code, exit.Message).ShouldBe((ExitCode.TokenRefused, "This token has expired; ask for a new one and pass it with --token or GGROK_TOKEN."));
        (await Knock.AtAsync(server, "short")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await Knock.AtAsync(server, "long")).Status.ShouldBe(HttpStatusCode.SwitchingProtocols);
        await Eventually.BecomesAsync(() => Task.FromResult(Sessions(server).Count()), 1);
        Sessions(server).Single().Identity.Id.ShouldBe("token-2");
    }

    [Fact]
    public async Task A_token_that_allows_less_ends_the_sessions_that_go_too_far()
    {
        await WriteFileAsync("secret name=ci public serve=*");
        await using RunningServer server = await RunningServer.StartAsync([_folder.FileSetting, ("GGROK_TCP_PORTS", "0"), ("GGROK_PORTS_ADDRESS", "127.0.0.1")]);
        await using RunningClient hooks = Start(server, "secret", "/hooks/a");
        await using RunningClient other = Start(server, "secret", "/other");
        await using var port = new RunningClient(RunningClient.Options(server.Url, server.Url, _ => RawScene.Tcp(9), "secret"));
        await using var served = new RunningClient(RunningClient.Options(server.Url, server.Url, _ => RawScene.Tcp(9, "device"), "secret"));
        foreach (RunningClient client in (RunningClient[])[hooks, other, port, served])
        {
            await client.Events.NextReadyAsync();
        }

        await WriteFileAsync("secret name=ci public serve=db paths=/hooks");

        foreach (RunningClient client in (RunningClient[])[other, port, served])
        {
            ClientExit exit = await client.Exit;
            (exit.Code, exit.Message).ShouldBe((ExitCode.TokenRefused, "This token does not allow these tunnels any more; ask for others, or pass another token."));
        }

        await Eventually.BecomesAsync(() => Task.FromResult(Sessions(server).Count()), 1);
        Sessions(server).Single().Identity.Grants.Paths.ShouldBe(["/hooks"]);
        hooks.Events.Log.ShouldNotContain(l => l.StartsWith("lost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_to_connect_to_are_taken_back_too()
    {
        await WriteFileAsync("secret connect=device-*");
        await using RunningServer server = await RunningServer.StartAsync([_folder.FileSetting]);
        await using var client = new RunningClient(RunningClient.Options(server.Url, server.Url, token: "secret") with
        {
            Tunnels = [], Connect = [new ConnectTarget("device-1", new IPEndPoint(IPAddress.Loopback, 0))], WaitForNames = true,
        });
        await client.Events.NextListeningAsync();

        await WriteFileAsync("secret connect=other-*");

        (await client.Exit).Code.ShouldBe(ExitCode.TokenRefused);
    }

    [Fact]
    public async Task Policies_are_taken_back_too_and_do_not_come_back_with_the_client()
    {
        await WriteFileAsync("secret name=ci");
        await using RunningServer server = await RunningServer.StartAsync([_folder.FileSetting]);
        TunnelClientOptions options = RunningClient.Options(server.Url, server.Url, t => t with { Policies = [new PolicyDirective("allow-ip", "203.0.113.0/24")] }, "secret");
        await using var client = new RunningClient(options);
        await client.Events.NextReadyAsync();

        await WriteFileAsync("secret name=ci policies=none");

        (await client.Exit).Code.ShouldBe(ExitCode.TokenRefused);
        await using var again = new RunningClient(options);
        ClientExit exit = await again.Exit;
        exit.Code.ShouldBe(ExitCode.Refused);
        exit.Message.ShouldNotBeNull().ShouldContain("policies=allow-ip");
    }

    [Fact]
    public async Task A_client_that_does_not_let_itself_be_ended_opens_nothing_more()
    {
        string secret = await _folder.CreateAsync("ci");
        await using RunningServer server = await RunningServer.StartAsync([_folder.StoreSetting]);
        await using RunningClient client = Start(server, secret);
        await client.Events.NextReadyAsync();
        TunnelSession session = Sessions(server).Single();

        await server.Get<TokenStore>().RevokeAsync("ci", "test");
        await using var pair = new TunnelPair();
        MuxStream stream = pair.Client.OpenStream()!;
        await stream.WriteAsync(FrameKind.Open, new RawOpen("id", "tcp", Name: "device").Encode());
        await server.Get<Server.Rendezvous.ConnectRelay>().ServeAsync(session, await pair.ServerSide.AcceptAsync());

        (await stream.ExpectResetAsync()).ShouldBe(RelayError.NotGranted);
        session.Identity.Id.ShouldBe("ci");
    }

    [Fact]
    public async Task With_a_lower_limit_of_tunnels_the_oldest_stay()
    {
        await WriteFileAsync("secret max-tunnels=3");
        await using RunningServer server = await RunningServer.StartAsync([_folder.FileSetting]);
        var clients = new List<RunningClient>();
        foreach (string path in (string[])["/a", "/b", "/c"])
        {
            clients.Add(Start(server, "secret", path));
            await clients[^1].Events.NextReadyAsync();
        }

        await WriteFileAsync("secret max-tunnels=2");

        (await clients[2].Exit).Code.ShouldBe(ExitCode.TokenRefused);
        await Eventually.BecomesAsync(() => Task.FromResult(Sessions(server).Count()), 2);
        Sessions(server).ShouldAllBe(s => !s.Connection.IsClosing);
        foreach (RunningClient client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("{ \"version\": 1, \"tokens\": [ { \"name\": \"x\" ")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{ \"version\": 2, \"tokens\": [] }")]
    [InlineData("{ \"version\": 1, \"tokens\": [ null ] }")]
    [InlineData("{ \"version\": 1, \"tokens\": [ { \"name\": null, \"hash\": \"sha256:00\", \"grants\": \"\", \"created\": \"2026-01-01T00:00:00Z\" } ] }")]
    [InlineData("{ \"version\": 1, \"tokens\": [ { \"name\": \"x\", \"hash\": \"sha256:00\", \"grants\": \"\", \"created\": \"2026-01-01T00:00:00Z\" } ] }")]
    [InlineData("{ \"version\": 1, \"tokens\": [ { \"name\": \"x\", \"hash\": \"HASH\", \"grants\": \"everything\", \"created\": \"2026-01-01T00:00:00Z\" } ] }")]
    [InlineData("{ \"version\": 1, \"tokens\": [ { \"name\": \"x\", \"hash\": \"HASH\", \"grants\": \"\", \"created\": \"yesterday\" } ] }")]
    [InlineData("{ \"version\": 1, \"tokens\": [ { \"name\": \"x y\", \"hash\": \"HASH\", \"grants\": \"\", \"created\": \"2026-01-01T00:00:00Z\" } ] }")]
    public async Task A_store_that_was_broken_by_hand_changes_nothing_and_is_complained_of_once(string text)
    {
        string secret = await _folder.CreateAsync("ci");
        var time = new ManualTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync([_folder.StoreSetting, Quiet], time: time);
        await using RunningClient client = Start(server, secret);
        await client.Events.NextReadyAsync();

        await File.WriteAllTextAsync(_folder.StorePath, text.Replace("HASH", "sha256:" + new string('0', 64), StringComparison.Ordinal));
        await LooksAsync(server, time);
        await LooksAsync(server, time);

        Complaints(server).ShouldBe(1);
        Sessions(server).Single().Connection.IsClosing.ShouldBeFalse();
        (await Knock.AtAsync(server, secret)).Status.ShouldBe(HttpStatusCode.SwitchingProtocols);
        TokenException(await Record.ExceptionAsync(() => _folder.CreateAsync("other")));
        (await File.ReadAllTextAsync(_folder.StorePath)).ShouldBe(text.Replace("HASH", "sha256:" + new string('0', 64), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_is_gone_changes_nothing_and_one_that_comes_back_counts()
    {
        string secret = await _folder.CreateAsync("ci");
        var time = new ManualTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync([_folder.StoreSetting, Quiet], time: time);

        File.Delete(_folder.StorePath);
        await LooksAsync(server, time);
        HttpStatusCode meanwhile = (await Knock.AtAsync(server, secret)).Status;
        string fresh = await _folder.CreateAsync("fresh");
        await LooksAsync(server, time);

        meanwhile.ShouldBe(HttpStatusCode.SwitchingProtocols);
        server.Logs.Lines.ShouldContain(l => l.Level == LogLevel.Warning && l.Message.Contains("is gone; bring it back", StringComparison.Ordinal));
        (await Knock.AtAsync(server, secret)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await Knock.AtAsync(server, fresh)).Status.ShouldBe(HttpStatusCode.SwitchingProtocols);
    }

    [Fact]
    public async Task A_file_that_is_emptied_for_a_moment_changes_nothing()
    {
        await WriteFileAsync("first-secret\nother-secret");
        var time = new ManualTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync([_folder.FileSetting, Quiet], time: time);

        await WriteFileAsync("");
        await LooksAsync(server, time);
        HttpStatusCode emptied = (await Knock.AtAsync(server, "other-secret")).Status;
        await WriteFileAsync("# first\nfirst-secret # to stay");
        await LooksAsync(server, time);

        emptied.ShouldBe(HttpStatusCode.SwitchingProtocols);
        (await Knock.AtAsync(server, "other-secret")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await Knock.AtAsync(server, "first-secret")).Status.ShouldBe(HttpStatusCode.SwitchingProtocols);
        server.Logs.Lines.ShouldNotContain(l => l.Message.Contains("-secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_whose_last_token_is_revoked_is_not_open()
    {
        string secret = await _folder.CreateAsync("ci");
        await using RunningServer server = await RunningServer.StartAsync([_folder.StoreSetting]);
        (await Knock.AtAsync(server, secret)).Status.ShouldBe(HttpStatusCode.SwitchingProtocols);

        await _folder.Store().RevokeAsync("ci", "test");

        await Eventually.BecomesAsync(async () => (await Knock.AtAsync(server, secret)).Status, HttpStatusCode.Unauthorized);
        (await Knock.AtAsync(server, null)).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_that_is_revoked_between_the_upgrade_and_the_Hello_opens_nothing()
    {
        string secret = await _folder.CreateAsync("ci");
        await using RunningServer server = await RunningServer.StartAsync([_folder.StoreSetting]);
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(ProtocolLimits.SubProtocol);
        socket.Options.SetRequestHeader("Authorization", "Bearer " + secret);
        await socket.ConnectAsync(new UriBuilder(server.Url) { Scheme = "ws", Path = ProtocolLimits.Path }.Uri, CancellationToken.None);

        await server.Get<TokenStore>().RevokeAsync("ci", "test");
        var transport = new WebSocketTransport(socket);
        var hello = new Shared.Protocol.Hello(ProtocolLimits.Version, "id", "run", "1", "anna@laptop", server.Url.ToString(), [new TunnelRequest("web", "http")]);
        await transport.SendAsync(HandshakeCodec.Encode(FrameKind.Hello, hello, HandshakeJson.Default.Hello));

        (FrameKind kind, byte[] payload) = HandshakeCodec.DecodeFrame(await HandshakeChannel.ReceiveAsync(transport));
        kind.ShouldBe(FrameKind.Rejected);
        HandshakeCodec.DecodePayload(payload, HandshakeJson.Default.Rejected).ShouldSatisfyAllConditions(
            r => r.Code.ShouldBe(RejectCode.TokenRefused),
            r => r.MayRetry.ShouldBeFalse());
    }

    [Fact]
    public async Task The_names_of_a_client_that_is_away_are_free_when_its_token_is_revoked()
    {
        string secret = await _folder.CreateAsync("ci");
        string other = await _folder.CreateAsync("other");
        await using RunningServer server = await RunningServer.StartAsync([_folder.StoreSetting]);
        await using (var lost = new RunningClient(RunningClient.Options(server.Url, server.Url, token: secret) with { Reconnect = false }))
        {
            await lost.Events.NextReadyAsync();
            Sessions(server).Single().Connection.RequestClose(CloseReason.TransportLost);
            await lost.Exit;
        }

        await using (RunningClient early = Start(server, other))
        {
            (await early.Exit).Code.ShouldBe(ExitCode.NameTaken);
        }

        await server.Get<TokenStore>().RevokeAsync("ci", "test");

        await using RunningClient taker = Start(server, other);
        await taker.Events.NextReadyAsync();
    }

    [Fact]
    public async Task An_old_Go_client_of_a_revoked_token_is_dropped()
    {
        string secret = await _folder.CreateAsync("ci");
        await using RunningServer server = await RunningServer.StartAsync([_folder.StoreSetting]);
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + secret);
        await socket.ConnectAsync(new UriBuilder(server.Url) { Scheme = "ws", Path = ProtocolLimits.Path }.Uri, CancellationToken.None);
        await Eventually.BecomesAsync(() => Task.FromResult(server.Get<SessionDirectory>().Legacy.Count()), 1);

        await server.Get<TokenStore>().RevokeAsync("ci", "test");

        await Eventually.BecomesAsync(() => Task.FromResult(server.Get<SessionDirectory>().Legacy.Count()), 0);
        server.Get<TunnelRegistry>().Find(RouteKey.Http("127.0.0.1", "/")).ShouldBeNull();
    }

    [Fact]
    public async Task Tokens_without_a_name_keep_the_one_that_they_were_given()
    {
        await WriteFileAsync("first-secret\nother-secret");
        var time = new ManualTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync([_folder.FileSetting, Quiet], time: time);
        await using RunningClient client = Start(server, "other-secret");
        await client.Events.NextReadyAsync();

        await WriteFileAsync("third-secret\nother-secret public");
        await LooksAsync(server, time);

        server.Get<TokenAuthenticator>().Tokens.Select(t => t.Name).ShouldBe(["token-3", "token-2"]);
        await Eventually.BecomesAsync(() => Task.FromResult(Sessions(server).Single().Identity.Grants.Serve.Count), 0);
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<TunnelSession> Sessions(RunningServer server) => server.Get<SessionDirectory>().Sessions;

    private static RunningClient Start(RunningServer server, string token, string? path = null) =>
        new(RunningClient.Options(server.Url, server.Url, t => t with { Path = path }, token));

    private static void TokenException(Exception? e) => e.ShouldBeOfType<TokenFileException>().Message.ShouldContain("cannot be used");

    private static int Complaints(RunningServer server) =>
        server.Logs.Lines.Count(l => l.Level == LogLevel.Warning && l.Message.Contains("the old ones go on", StringComparison.Ordinal));

    private Task WriteFileAsync(string text) => File.WriteAllTextAsync(_folder.FilePath, text + (text.Length > 0 ? "\n" : ""));

    // The watch looks on the pool once its timer has fired.
    private static async Task LooksAsync(RunningServer server, ManualTimeProvider time)
    {
        TokenWatch watch = server.Get<TokenWatch>();
        int before = watch.Looks;
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.BecomesAsync(() => Task.FromResult(watch.Looks > before), true);
    }
}
