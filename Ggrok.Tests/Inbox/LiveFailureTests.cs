using System.Net;
using System.Security.Cryptography;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox;

/// <summary>Requests that went to the client and did not come back with an answer, or did.</summary>
public class LiveFailureTests
{
    [Fact]
    public async Task What_the_service_breaks_off_is_stored_and_comes_again()
    {
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-retry", "1ms,1ms,1ms")]);
        int calls = 0;
        scene.Answer = c =>
        {
            if (Interlocked.Increment(ref calls) <= 2)
            {
                c.Abort();
            }

            return Task.CompletedTask;
        };
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        byte[] body = RandomNumberGenerator.GetBytes(300_000);

        using HttpResponseMessage answer = await scene.SendAsync(HttpMethod.Post, "/", body);

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await scene.EmptiesAsync();
        calls.ShouldBe(3);
        scene.Received.Last().Hash.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(body)));
        scene.Received.Last().Headers["Ggrok-Attempt"].ShouldBe("2");
    }

    [Fact]
    public async Task What_the_service_answers_is_the_senders_whatever_the_status()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        scene.Answer = c =>
        {
            c.Response.StatusCode = 503;
            return c.Response.WriteAsync("not now");
        };
        await scene.StartAppAsync();
        await scene.StartClientAsync();

        using HttpResponseMessage answer = await scene.PostAsync("/", "x");

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("not now");
        (await scene.ItemsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_response_that_breaks_off_after_it_began_is_broken_off_and_not_stored()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        var seen = new TaskCompletionSource();
        scene.Answer = async c =>
        {
            await c.Response.WriteAsync("begun");
            await c.Response.Body.FlushAsync();
            await seen.Task;
            c.Abort();
        };
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, scene.Url) { Content = new StringContent("x") };
        using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        seen.SetResult();

        await Should.ThrowAsync<HttpRequestException>(() => answer.Content.ReadAsStringAsync());

        (await scene.ItemsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_client_that_goes_while_a_request_runs_gets_it_again()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        var arrived = new TaskCompletionSource();
        var hold = new TaskCompletionSource();
        scene.Answer = c =>
        {
            arrived.TrySetResult();
            return hold.Task;
        };
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        Task<HttpResponseMessage> request = scene.PostAsync("/", "x");
        await Within.Bound(arrived.Task, "the request to arrive");

        // Without a word, as when the machine loses power.
        scene.Server.Get<Ggrok.Server.Tunnels.SessionDirectory>().Sessions.Single().Connection.RequestClose(Ggrok.Shared.Protocol.CloseReason.HeartbeatMissed);
        using HttpResponseMessage answer = await request;
        hold.SetResult();

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await scene.EmptiesAsync();
        scene.Received.Last().Body.ShouldBe("x");
    }

    [Fact]
    public async Task Waiting_requests_do_not_hold_up_the_shutdown_and_are_there_afterwards()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.BeAwayAsync();
        for (int i = 0; i < 5; i++)
        {
            await scene.StoreAsync("/", "x");
        }

        var arrived = new TaskCompletionSource();
        var hold = new TaskCompletionSource();
        scene.Answer = _ =>
        {
            arrived.TrySetResult();
            return hold.Task;
        };
        await scene.StartAppAsync();
        await scene.StartClientAsync();
        await Within.Bound(arrived.Task, "the first delivery");
        Task stopped = scene.Server.App.StopAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Server.Get<Ggrok.Server.Tunnels.SessionDirectory>().IsDraining), true);
        hold.SetResult();
        await Within.Bound(stopped, "the server to stop");

        int delivered = scene.Received.Count;
        delivered.ShouldBe(1);
        await scene.StopServerAsync();
        await scene.StartServerAsync();
        await scene.ReceivesAsync(5);
    }
}
