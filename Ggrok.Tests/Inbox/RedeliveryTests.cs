using System.Net;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Inbox;

/// <summary>Webhooks that are sent again because somebody wants them to come again.</summary>
public class RedeliveryTests(PostgresFixture fixture) : IClassFixture<PostgresFixture>
{
    private static readonly (string, string)[] GitHub = [("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "72d3162e")];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_GitHub_is_asked_to_deliver_again_comes_again_once_it_was_delivered(bool inDatabase)
    {
        await using InboxScene scene = await StartAsync(inDatabase);
        await scene.StartAppAsync();
        await scene.BeAwayAsync();
        string first = await scene.StoreAsync("/hook", "{}", GitHub);
        (await scene.StoreAsync("/hook", "{}", GitHub)).ShouldBe(first);
        await scene.StartClientAsync();
        await scene.EmptiesAsync();

        // The server hears a moment after the database that nothing waits any more.
        await Eventually.BecomesAsync(
            async () =>
            {
                using HttpResponseMessage other = await scene.PostAsync("/other", "{}");
                return other.StatusCode;
            },
            HttpStatusCode.OK);
        using (HttpResponseMessage live = await scene.PostAsync("/hook", "{}", GitHub))
        {
            (live.StatusCode, live.Headers.Contains("Ggrok-Delivery-Id")).ShouldBe((HttpStatusCode.OK, false));
        }

        await scene.StopClientAsync();
        string again = await scene.StoreAsync("/hook", "{}", GitHub);
        again.ShouldNotBe(first);
        await scene.StopServerAsync();
        await scene.StartServerAsync();
        (await scene.StoreAsync("/hook", "{}", GitHub)).ShouldBe(again);
        await scene.StartClientAsync();
        await scene.EmptiesAsync();

        scene.Received.Where(r => r.Target == "/hook").Select(r => r.Headers.GetValueOrDefault("Ggrok-Delivery-Id")).ShouldBe([first, null, again]);
    }

    [Theory]
    [InlineData(false, "X-GitHub-Event", "X-GitHub-Delivery", false)]
    [InlineData(true, "X-GitHub-Event", "X-GitHub-Delivery", true)]
    [InlineData(false, "X-Shopify-Topic", "X-Shopify-Webhook-Id", true)]
    [InlineData(true, "X-Shopify-Topic", "X-Shopify-Webhook-Id", false)]
    public async Task A_dead_letter_that_is_sent_again_is_tried_again_as_it_came_the_second_time(bool inDatabase, string mark, string idField, bool isHere)
    {
        // It takes no room beside the dead letter.
        await using InboxScene scene = await StartAsync(inDatabase, ("inbox", "/*"), ("inbox-retry", "1ms"), ("inbox-max-requests", "1"));
        int status = 500;
        scene.Answer = c =>
        {
            c.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        await scene.StartAppAsync();
        await scene.BeAwayAsync();
        string dead = await scene.StoreAsync("/hook", "{}", (mark, "x"), (idField, "1"), ("X-Signature", "too old"));
        await scene.StartClientAsync();
        await Eventually.BecomesAsync(async () => (await scene.ItemsAsync("?state=dead")).Length, 1);
        await (isHere ? Task.CompletedTask : scene.StopClientAsync());
        status = 200;

        string again = await scene.StoreAsync("/hook", "{}", (mark, "x"), (idField, "1"), ("X-Signature", "fresh"));

        again.ShouldNotBe(dead);
        await (isHere ? Task.CompletedTask : scene.StartClientAsync());
        await scene.EmptiesAsync();
        scene.Received.Select(r => (r.Status, r.Headers["X-Signature"], r.Headers["Ggrok-Attempt"]))
            .ShouldBe([(500, "too old", "1"), (500, "too old", "2"), (200, "fresh", "1")]);
        await scene.StopServerAsync();
        await scene.StartServerAsync();
        (await scene.ItemsAsync()).ShouldBeEmpty();
    }

    private async Task<InboxScene> StartAsync(bool inDatabase, params (string Name, string Value)[] policies) => await InboxScene.StartAsync(
        policies.Length == 0 ? null : policies, inDatabase ? [("DATABASE_URL", await fixture.Cluster.NewDatabaseAsync())] : null);
}
