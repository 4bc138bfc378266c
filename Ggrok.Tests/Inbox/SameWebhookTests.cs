using System.Net;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox;

/// <summary>Webhooks that their providers send more than once.</summary>
public class SameWebhookTests
{
    private const string Event = """{"id":"evt_1","type":"charge.succeeded"}""";

    [Theory]
    [InlineData(Event, "Stripe-Signature", "t=1,v1=ab", "X-None", "1")]
    [InlineData("""{"type":"event_callback","event_id":"Ev08"}""", "X-Slack-Signature", "v0=ab", "X-Slack-Retry-Num", "1")]
    [InlineData("{}", "X-Shopify-Topic", "orders/create", "X-Shopify-Webhook-Id", "b54557e4")]
    [InlineData("{}", "webhook-timestamp", "1", "webhook-id", "msg_1")]
    [InlineData("{}", "svix-timestamp", "1", "svix-id", "msg_1")]
    [InlineData("a=b", "X-Twilio-Signature", "ab", "I-Twilio-Idempotency-Token", "tw_1")]
    [InlineData("{}", "X-Gitlab-Event", "Push Hook", "Idempotency-Key", "f5e5f430")]
    public async Task The_second_is_answered_like_the_first_while_it_waits_and_after_it_was_delivered(string body, string mark, string markValue, string idField, string idValue)
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.StartAppAsync();
        await scene.BeAwayAsync();
        string first = await scene.StoreAsync("/hook", body, (mark, markValue), (idField, idValue));

        (await scene.StoreAsync("/hook", body, (mark, markValue), (idField, idValue))).ShouldBe(first);
        (await scene.ItemsAsync()).Length.ShouldBe(1);
        await scene.StartClientAsync();
        await scene.EmptiesAsync();
        (await scene.StoreAsync("/hook", body, (mark, markValue), (idField, idValue))).ShouldBe(first);
        await scene.StopServerAsync();
        await scene.StartServerAsync();
        (await scene.StoreAsync("/hook", body, (mark, markValue), (idField, idValue))).ShouldBe(first);

        scene.Received.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Another_path_another_id_and_no_id_are_other_webhooks()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.BeAwayAsync();
        (string, string) mark = ("X-GitHub-Event", "push");

        await scene.StoreAsync("/a", "{}", mark, ("X-GitHub-Delivery", "1"));
        await scene.StoreAsync("/b", "{}", mark, ("X-GitHub-Delivery", "1"));
        await scene.StoreAsync("/a", "{}", mark, ("X-GitHub-Delivery", "2"));
        await scene.StoreAsync("/a", "{}", mark);
        await scene.StoreAsync("/a", "{}", mark);
        await scene.StoreAsync("/a", "{}", ("X-Gitlab-Event", "Push Hook"), ("X-Gitlab-Event-UUID", "1"));
        await scene.StoreAsync("/a", "{}", ("X-Gitlab-Event", "Push Hook"), ("X-Gitlab-Event-UUID", "1"));

        (await scene.ItemsAsync()).Length.ShouldBe(7);
        (await scene.ItemsAsync())[0].GetProperty("provider").GetString().ShouldBe("github");
        (await scene.ItemsAsync())[0].GetProperty("providerId").GetString().ShouldBe("1");
    }

    [Fact]
    public async Task Ids_that_only_begin_alike_are_other_webhooks()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.BeAwayAsync();
        string longId = new('d', 200);

        foreach (string end in new[] { "1", "2" })
        {
            await scene.StoreAsync("/", "{}", ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", longId + end));
        }

        (await scene.ItemsAsync()).Length.ShouldBe(2);
    }

    [Fact]
    public async Task Many_at_once_are_one()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.BeAwayAsync();

        string[] ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => scene.StoreAsync("/hook", Event, ("Stripe-Signature", "t=1,v1=ab"))));

        ids.Distinct().Count().ShouldBe(1);
        (await scene.ItemsAsync()).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_webhook_that_was_never_stored_passes_each_time()
    {
        await using InboxScene scene = await InboxScene.StartAsync();
        await scene.StartAppAsync();
        await scene.StartClientAsync();

        for (int i = 0; i < 2; i++)
        {
            using HttpResponseMessage live = await scene.PostAsync("/hook", Event, ("Stripe-Signature", "t=1,v1=ab"));
            live.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        scene.Received.Select(r => r.Body).ShouldBe([Event, Event]);
    }
}
