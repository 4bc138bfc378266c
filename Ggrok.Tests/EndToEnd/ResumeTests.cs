using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Hardening;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.EndToEnd;

/// <summary>The connection between client and server breaks, and visitors notice a pause at most.</summary>
public class ResumeTests
{
    [Fact]
    public async Task Bodies_in_both_directions_go_on_over_the_next_connection()
    {
        byte[] down = RandomNumberGenerator.GetBytes(20_000_000);
        byte[] up = RandomNumberGenerator.GetBytes(20_000_000);
        using var parts = new SemaphoreSlim(0);
        await using GgrokEnvironment scene = await GgrokEnvironment.StartAsync(async context =>
        {
            if (context.Request.Method == "POST")
            {
                byte[] hash = await SHA256.HashDataAsync(context.Request.Body);
                await context.Response.WriteAsync(Convert.ToHexString(hash));
                return;
            }

            // A part for each cut: however late a cut comes, there is traffic that it breaks.
            for (int at = 0; at < down.Length; at += 4_000_000)
            {
                await parts.WaitAsync();
                await context.Response.Body.WriteAsync(down.AsMemory(at, 4_000_000));
            }
        });
        Task<byte[]> download = scene.Visitor.GetByteArrayAsync("/file");
        Task<HttpResponseMessage> upload = scene.Visitor.PostAsync("/file", new ByteArrayContent(up));
        Task both = Task.WhenAll(download, upload);

        int cuts = 0;
        while (!both.IsCompleted && cuts < 20)
        {
            // In the middle of the traffic: some more has passed since the last cut.
            long passed = Traffic(scene.Server);
            parts.Release();
            await Eventually.BecomesAsync(() => Task.FromResult(both.IsCompleted || Traffic(scene.Server) > passed + 1_000_000), true);
            Break(scene.Server);
            cuts++;
            await scene.Client.Events.NextResumedAsync();
        }

        cuts.ShouldBeGreaterThan(3);
        (await Within.Bound(download, "the download")).AsSpan().SequenceEqual(down).ShouldBeTrue();
        using HttpResponseMessage answer = await Within.Bound(upload, "the upload");
        (await answer.Content.ReadAsStringAsync()).ShouldBe(Convert.ToHexString(SHA256.HashData(up)));
        scene.Client.Events.Log.ShouldNotContain(l => l.StartsWith("lost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_request_that_the_client_has_is_not_sent_twice_and_its_answer_arrives()
    {
        var reached = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        int requests = 0;
        await using GgrokEnvironment scene = await GgrokEnvironment.StartAsync(async context =>
        {
            Interlocked.Increment(ref requests);
            reached.TrySetResult();
            await release.Task;
            await context.Response.WriteAsync("done");
        });
        Task<HttpResponseMessage> visit = scene.Visitor.PostAsync("/order", new StringContent("one"));
        await Within.Bound(reached.Task, "the request at the local service");

        Break(scene.Server);
        release.SetResult();

        using HttpResponseMessage answer = await Within.Bound(visit, "the answer");
        ((await answer.Content.ReadAsStringAsync()), requests).ShouldBe(("done", 1));
    }

    [Fact]
    public async Task A_WebSocket_of_a_visitor_survives()
    {
        await using GgrokEnvironment scene = await GgrokEnvironment.StartAsync(async context =>
        {
            using System.Net.WebSockets.WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            byte[] buffer = new byte[1000];
            while (await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None) is { MessageType: not System.Net.WebSockets.WebSocketMessageType.Close } read)
            {
                await socket.SendAsync(buffer.AsMemory(0, read.Count), read.MessageType, true, CancellationToken.None);
            }
        });
        using var visitor = new System.Net.WebSockets.ClientWebSocket();
        await Within.Bound(visitor.ConnectAsync(new UriBuilder(scene.PublicUrl) { Scheme = "ws" }.Uri, CancellationToken.None), "the WebSocket");
        byte[] answer = new byte[1000];
        for (int i = 0; i < 5; i++)
        {
            byte[] sent = Encoding.UTF8.GetBytes($"message {i}");
            Break(scene.Server);
            await visitor.SendAsync(sent, System.Net.WebSockets.WebSocketMessageType.Text, true, CancellationToken.None);
            System.Net.WebSockets.WebSocketReceiveResult read = await Within.Bound(visitor.ReceiveAsync(answer, CancellationToken.None), "the echo");
            answer[..read.Count].ShouldBe(sent);
            await scene.Client.Events.NextResumedAsync();
        }
    }

    [Fact]
    public async Task A_client_that_is_not_back_in_time_is_away_and_its_requests_fail_with_a_name()
    {
        var reached = new TaskCompletionSource();
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_RESUME_GRACE", "8s")]);
        await using LocalApp app = await LocalApp.StartAsync(context =>
        {
            reached.TrySetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        using var visitor = new HttpClient { BaseAddress = server.Url, Timeout = Within.Limit };
        string home = Directory.CreateTempSubdirectory("ggrok-").FullName;
        RunningProgram client = RunningProgram.Start(
            "dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "ggrok.dll")}\" {app.Url} --server {server.Url} --inspect off", home, [("XDG_CONFIG_HOME", home)]);
        await Eventually.BecomesAsync(() => Task.FromResult(server.Get<SessionDirectory>().Sessions.Count()), 1);
        Task<HttpResponseMessage> visit = visitor.PostAsync("/", null);
        await Within.Bound(reached.Task, "the request at the local service");

        // Killed.
        await client.DisposeAsync();
        Directory.Delete(home, recursive: true);

        // Comes while the server waits for the client, and never leaves: it may be sent again.
        await Eventually.BecomesAsync(() => Task.FromResult(server.Get<SessionDirectory>().Sessions.Single().IsSuspended), true);
        using HttpResponseMessage late = await visitor.PostAsync("/late", null);
        (late.StatusCode, late.Headers.GetValues("X-Ggrok-Error").Single()).ShouldBe((HttpStatusCode.ServiceUnavailable, "TunnelAway"));
        using HttpResponseMessage broken = await visit;
        (broken.StatusCode, broken.Headers.GetValues("X-Ggrok-Error").Single()).ShouldBe((HttpStatusCode.BadGateway, "TunnelLost"));
        using HttpResponseMessage away = await visitor.GetAsync("/");
        (away.StatusCode, away.Headers.GetValues("X-Ggrok-Error").Single()).ShouldBe((HttpStatusCode.ServiceUnavailable, "TunnelAway"));
    }

    [Fact]
    public async Task A_request_that_came_after_a_client_died_goes_to_the_next_run_of_it_at_once()
    {
        await using DeadClient scene = await DeadClient.StartAsync();
        await scene.KillAsync();
        Task<HttpResponseMessage> visit = scene.Visitor.PostAsync("/hook", new StringContent("paid"));
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Session.Connection.OpenStreams), 1);

        await using RunningProgram next = scene.StartClient();

        using HttpResponseMessage answer = await visit;
        (await answer.Content.ReadAsStringAsync()).ShouldBe("paid");
        await Within.Bound(scene.Session.Connection.Ended, "the end of the session");
        scene.Session.Connection.ClosesFor.ShouldBe(CloseReason.Replaced);
    }

    [Fact]
    public async Task What_ran_at_a_client_that_died_fails_soon_after_the_next_run_of_it_is_there_and_is_not_repeated()
    {
        await using DeadClient scene = await DeadClient.StartAsync();
        Task<HttpResponseMessage> running = scene.Visitor.PostAsync("/stay", null);
        await Within.Bound(scene.Stays, "the request at the local service");
        await scene.KillAsync();
        Task<HttpResponseMessage> waiting = scene.Visitor.PostAsync("/hook", new StringContent("paid"));
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Session.Connection.OpenStreams), 2);

        await using RunningProgram next = scene.StartClient();

        using HttpResponseMessage broken = await running;
        (broken.StatusCode, broken.Headers.GetValues("X-Ggrok-Error").Single()).ShouldBe((HttpStatusCode.BadGateway, "TunnelLost"));
        using HttpResponseMessage moved = await waiting;
        (await moved.Content.ReadAsStringAsync()).ShouldBe("paid");
        scene.Requests.ShouldBe(2);
    }

    [Fact]
    public async Task A_restarted_server_is_given_a_new_session_at_once()
    {
        int port = FreePorts.One();
        RunningServer first = await RunningServer.StartAsync(port: port);
        await using LocalApp app = await LocalApp.StartAsync(context => context.Response.WriteAsync("hello"));
        await using var client = new RunningClient(RunningClient.Options(first.Url, app.Url));
        Uri url = (await client.Events.NextReadyAsync())[0].Url;
        foreach (TunnelSession session in first.Get<SessionDirectory>().Sessions)
        {
            // As when the process is killed: nobody says goodbye.
            session.Connection.Resumable!.Abort();
        }

        await first.DisposeAsync();
        await using RunningServer second = await RunningServer.StartAsync(port: port);

        (await client.Events.NextReadyAsync())[0].Url.ShouldBe(url);

        // That may have been the first server's, before it stopped.
        await Eventually.BecomesAsync(() => Task.FromResult(second.Get<SessionDirectory>().Sessions.Count()), 1);
        using var visitor = new HttpClient { BaseAddress = url };
        (await visitor.GetStringAsync("/")).ShouldBe("hello");
        client.Events.Log.ShouldNotContain(l => l.StartsWith("resumed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_who_has_the_key_and_the_identity_resumes_a_session_and_each_attempt_counts_once()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "anna-secret-1234,ben-secret-1234")]);
        (Hello hello, Welcome welcome) = await OpenAsync(server, "anna-secret-1234");
        byte[] key = Base64Url.DecodeFromChars(welcome.Resume.ShouldNotBeNull().Key);
        byte[] wrong = RandomNumberGenerator.GetBytes(key.Length);

        (await TryAsync(server, "anna-secret-1234", hello, Request(wrong, 1))).ShouldBeNull();
        (await TryAsync(server, "ben-secret-1234", hello, Request(key, 1))).ShouldBeNull();
        (await TryAsync(server, "anna-secret-1234", hello with { Client = "another" }, Request(key, 1))).ShouldBeNull();
        (await TryAsync(server, "anna-secret-1234", hello with { Instance = "another" }, Request(key, 1))).ShouldBeNull();
        (await TryAsync(server, "anna-secret-1234", hello, Request(key, 1) with { Session = "another" })).ShouldBeNull();
        (await TryAsync(server, "anna-secret-1234", hello, Request(key, 1) with { Received = 5 })).ShouldBeNull();
        (await TryAsync(server, "anna-secret-1234", hello, Request(key, 1) with { Proof = "!!!" })).ShouldBeNull();

        (await TryAsync(server, "anna-secret-1234", hello, Request(key, 3))).ShouldNotBeNull();
        (await TryAsync(server, "anna-secret-1234", hello, Request(key, 3))).ShouldBeNull();
        (await TryAsync(server, "anna-secret-1234", hello, Request(key, 2))).ShouldBeNull();
        (await TryAsync(server, "anna-secret-1234", hello, Request(key, 4))).ShouldNotBeNull();

        ResumeRequest Request(byte[] with, long attempt) =>
            new(welcome.Session, attempt, 0, Base64Url.EncodeToString(ResumeProof.Make(with, welcome.Session, attempt, 0)));
    }

    [Fact]
    public async Task A_client_that_cannot_resume_is_served_as_ever()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using LocalApp app = await LocalApp.StartAsync(context => context.Response.WriteAsync("hello"));
        await using var client = new RunningClient(RunningClient.Options(server.Url, app.Url) with { ResumeBuffer = 0 });
        await client.Events.NextReadyAsync();
        server.Get<SessionDirectory>().Sessions.Single().Connection.Resumable.ShouldBeNull();

        foreach (TunnelSession session in server.Get<SessionDirectory>().Sessions)
        {
            session.Connection.RequestClose(CloseReason.Internal);
        }

        await client.Events.NextLostAsync();
        await client.Events.NextReadyAsync();
    }

    [Fact]
    public async Task A_client_whose_session_was_ended_while_it_was_gone_hears_why()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using LocalApp app = await LocalApp.StartAsync(context => context.Response.WriteAsync("hello"));
        await using var client = new RunningClient(RunningClient.Options(server.Url, app.Url));
        await client.Events.NextReadyAsync();
        TunnelSession session = server.Get<SessionDirectory>().Sessions.Single();

        session.Connection.Resumable!.Break();
        session.Connection.RequestClose(CloseReason.EndedByOperator);

        (await client.Exit).Code.ShouldBe(ExitCode.EndedByOperator);
    }

    [Fact]
    public async Task A_draining_server_lets_sessions_be_resumed_so_that_what_runs_can_end()
    {
        var reached = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using LocalApp app = await LocalApp.StartAsync(async context =>
        {
            reached.TrySetResult();
            await release.Task;
            await context.Response.WriteAsync("done");
        });
        RunningServer server = await RunningServer.StartAsync();
        await using var client = new RunningClient(RunningClient.Options(server.Url, app.Url));
        Uri url = (await client.Events.NextReadyAsync())[0].Url;
        using var visitor = new HttpClient { BaseAddress = url };
        Task<string> visit = visitor.GetStringAsync("/");
        await Within.Bound(reached.Task, "the request at the local service");
        Task stopping = server.App.StopAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(server.Get<SessionDirectory>().IsDraining), true);

        Break(server);
        TunnelSession session = server.Get<SessionDirectory>().Sessions.Single();
        await Eventually.BecomesAsync(() => Task.FromResult(session.Connection.Resumable!.Resumptions), 1);
        release.SetResult();

        (await Within.Bound(visit, "the answer")).ShouldBe("done");
        await Within.Bound(stopping, "the server to stop");
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_draining_server_takes_no_new_session_whatever_it_claims_to_be()
    {
        var reached = new TaskCompletionSource();
        await using LocalApp app = await LocalApp.StartAsync(async context =>
        {
            reached.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        RunningServer server = await RunningServer.StartAsync([("GGROK_SHUTDOWN_GRACE", "1m")]);
        await using var client = new RunningClient(RunningClient.Options(server.Url, app.Url));
        using var visitor = new HttpClient { BaseAddress = (await client.Events.NextReadyAsync())[0].Url };
        using var leave = new CancellationTokenSource();
        Task visit = visitor.GetAsync("/", leave.Token);
        await Within.Bound(reached.Task, "the request at the local service");
        Task stopping = server.App.StopAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(server.Get<SessionDirectory>().IsDraining), true);

        using var socket = new System.Net.WebSockets.ClientWebSocket();
        socket.Options.AddSubProtocol(ProtocolLimits.SubProtocol);
        socket.Options.SetRequestHeader(ProtocolLimits.ResumeField, "1");
        await socket.ConnectAsync(new UriBuilder(server.Url) { Scheme = "ws", Path = ProtocolLimits.Path }.Uri, CancellationToken.None);
        var hello = new Hello(ProtocolLimits.Version, "other", "run", "1.0", "mallory", server.Url.GetLeftPart(UriPartial.Authority), [new TunnelRequest("web", "http", Path: "/x")]);
        await socket.SendAsync(HandshakeCodec.Encode(FrameKind.Hello, hello, HandshakeJson.Default.Hello), System.Net.WebSockets.WebSocketMessageType.Binary, true, CancellationToken.None);
        byte[] answer = new byte[10_000];
        int length = (await Within.Bound(socket.ReceiveAsync(answer, CancellationToken.None), "the refusal")).Count;

        Encoding.UTF8.GetString(answer, 0, length).ShouldContain("\"code\":\"Draining\"");
        await leave.CancelAsync();
        await visit.ContinueWith(_ => { }, TaskScheduler.Default);
        await Within.Bound(stopping, "the server to stop");
        await server.DisposeAsync();
    }

    private static void Break(RunningServer server)
    {
        foreach (TunnelSession session in server.Get<SessionDirectory>().Sessions)
        {
            session.Connection.Resumable!.Break();
        }
    }

    private static long Traffic(RunningServer server) =>
        server.Get<SessionDirectory>().Sessions.Sum(s => s.Connection.Statistics.BytesReceived + s.Connection.Statistics.BytesSent);

    private static async Task<(Hello Hello, Welcome Welcome)> OpenAsync(RunningServer server, string token)
    {
        await using RogueClient client = await RogueClient.ConnectAsync(server.Url, token);
        var hello = new Hello(
            ProtocolLimits.Version, "installation", "run", "1.0", "anna", server.Url.GetLeftPart(UriPartial.Authority),
            [new TunnelRequest("web", "http")], Resumable: new ResumeOffer(1 << 20));
        await client.SendAsync(HandshakeCodec.Encode(FrameKind.Hello, hello, HandshakeJson.Default.Hello));
        (_, byte[] payload) = await client.NextAsync(FrameKind.Welcome);
        return (hello, HandshakeCodec.DecodePayload(payload, HandshakeJson.Default.Welcome));
    }

    // What the server has received, or null when it refused.
    private static async Task<long?> TryAsync(RunningServer server, string token, Hello hello, ResumeRequest request)
    {
        await using RogueClient client = await RogueClient.ConnectAsync(server.Url, token);
        Hello resuming = hello with { Tunnels = [], Resume = request };
        await client.SendAsync(HandshakeCodec.Encode(FrameKind.Hello, resuming, HandshakeJson.Default.Hello));
        (FrameHeader header, byte[] payload) = await client.NextAsync();
        if (header.Kind == FrameKind.Rejected)
        {
            HandshakeCodec.DecodePayload(payload, HandshakeJson.Default.Rejected).Code.ShouldBe(RejectCode.SessionUnknown);
            return null;
        }

        header.Kind.ShouldBe(FrameKind.Welcome);
        return HandshakeCodec.DecodePayload(payload, HandshakeJson.Default.Welcome).Received.ShouldNotBeNull();
    }
}
