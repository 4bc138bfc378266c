using System.Net;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Inbox;

/// <summary>Requests that somebody has delivered now, while they are being delivered.</summary>
public class DeliverNowTests
{
    [Fact]
    public async Task Asking_again_and_again_during_attempts_that_fail_is_no_failure()
    {
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-retry", "1ms,1ms,1ms,1ms")]);
        scene.Answer = context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        await scene.BeAwayAsync();
        string id = await scene.StoreAsync("/hooks", "again");
        await scene.StartAppAsync();
        await scene.StartClientAsync();

        HttpStatusCode[] answers = [.. (await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => AskAsync()))).SelectMany(a => a)];

        answers.ShouldAllBe(a => a == HttpStatusCode.Accepted);
        scene.Answer = _ => Task.CompletedTask;
        (await scene.ApiAsync(HttpMethod.Post, $"items/{id}/deliver")).Status.ShouldBeOneOf(HttpStatusCode.Accepted, HttpStatusCode.NotFound);
        await scene.EmptiesAsync();

        async Task<List<HttpStatusCode>> AskAsync()
        {
            var statuses = new List<HttpStatusCode>();
            for (int i = 0; i < 25; i++)
            {
                statuses.Add((await scene.ApiAsync(HttpMethod.Post, $"items/{id}/deliver")).Status);
            }

            return statuses;
        }
    }
}
