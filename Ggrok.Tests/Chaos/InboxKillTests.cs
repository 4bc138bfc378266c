using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Xunit.Abstractions;

namespace Ggrok.Tests.Chaos;

/// <summary>The inbox of a server that is killed again and again: what was answered with 2xx is delivered, as it was sent.</summary>
[Collection(ChaosCollection.Name)]
public sealed class InboxKillTests(ITestOutputHelper output) : IDisposable
{
    private const int Senders = 8;

    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-chaos-inbox").FullName;
    private readonly string _clientId = Guid.NewGuid().ToString("N");
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private ServerProgram _server = null!;
    private ChaosProxy _link = null!;

    [Fact]
    public Task No_webhook_is_missing_that_was_answered_with_2xx_however_often_the_server_is_killed() => Chance.RunAsync(output, async chance =>
    {
        (int count, int kills) = (ChaosScale.Webhooks, ChaosScale.Kills);
        await using HookReceiver receiver = await HookReceiver.StartAsync(chance);
        await StartAsync();
        await using var stopServer = _server;
        await using var stopLink = _link;
        await using RunningClient client = Client(receiver.Url);
        await client.Events.NextReadyAsync();
        var taken = new ConcurrentQueue<Webhook>();
        int next = -1;
        Task sending = Task.WhenAll(Enumerable.Range(0, Senders).Select(async sender =>
        {
            while (Interlocked.Increment(ref next) is var number && number < count)
            {
                var hook = new Webhook(sender, number, chance.Size(chance.OneIn(20) ? 300_000 : 20_000), isKnown: chance.OneIn(2));
                await hook.SendAsync(_http, () => _server.Url, chance);
                taken.Enqueue(hook);
            }
        }));

        for (int i = 1; i <= kills; i++)
        {
            await Task.WhenAny(sending, Eventually.BecomesAsync(() => Task.FromResult(taken.Count >= (long)i * count / (kills + 1)), true));
            if (chance.OneIn(2))
            {
                // Killed in the middle of deliveries.
                _link.Admit();
                int delivered = receiver.Ids.Count;
                await Task.WhenAny(sending, Eventually.BecomesAsync(() => Task.FromResult(receiver.Ids.Count >= Math.Min(count, delivered + 10)), true));
            }

            await KillAsync(chance);
            chance.Say(string.Create(CultureInfo.InvariantCulture, $"kill {i}: {taken.Count} taken, {receiver.Ids.Count} delivered"));
        }

        await sending;
        _link.Admit();
        await AllComeAsync(chance, receiver, count);
        Check(taken, receiver.Deliveries);
        await Eventually.BecomesAsync(InboxAsync, (0, 0));
        chance.Say(string.Create(CultureInfo.InvariantCulture,
            $"{count} webhooks, {kills} kills: 0 missing; {taken.Sum(h => h.Attempts) - count} sent again by their senders, {receiver.Deliveries.Count - count} came again, {receiver.Deliveries.Count(d => d.DeliveryId.Length > 0)} out of the inbox"));
    });

    [Fact]
    public Task A_full_disk_is_told_to_the_sender_and_what_was_taken_before_is_delivered() => Chance.RunAsync(output, async chance =>
    {
        await using HookReceiver receiver = await HookReceiver.StartAsync(chance);
        await using ServerProgram server = await ServerProgram.OnSmallDiskAsync(_folder, ("GGROK_INBOX_DIR", _folder), ("GGROK_LOG_REQUESTS", "false"));
        _server = server;
        await using ChaosProxy link = _link = ChaosProxy.Start(server.Url);
        await ComeAndGoAsync(receiver);

        // The last one is refused; smaller ones may still find room.
        var taken = new List<Webhook>();
        var refused = new List<Webhook>();
        for (int number = 0; refused.Count < 5; number++)
        {
            var hook = new Webhook(0, number, chance.Size(200_000), isKnown: chance.OneIn(2));
            (await hook.TrySendAsync(_http, server.Url) ? taken : refused).Add(hook);
        }

        refused.ShouldAllBe(h => h.Refusal == "507 InboxFull");
        chance.Say(string.Create(CultureInfo.InvariantCulture, $"full after {taken.Count} webhooks"));
        await using (RunningClient back = Client(receiver.Url))
        {
            await AllComeAsync(chance, receiver, taken.Count);
            await Eventually.BecomesAsync(InboxAsync, (0, 0));
        }

        Check(taken, receiver.Deliveries);
        refused.ShouldAllBe(h => !receiver.Ids.ContainsKey(h.Id));

        // There is room again.
        await refused[0].SendAsync(_http, () => server.Url, chance);
        await using RunningClient again = Client(receiver.Url);
        await AllComeAsync(chance, receiver, taken.Count + 1);
    });

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync()
    {
        _server = await ServerProgram.StartAsync(("GGROK_INBOX_DIR", _folder), ("GGROK_LOG_REQUESTS", "false"));
        _link = ChaosProxy.Start(_server.Url);
    }

    // From then on the name is its own, and it is away.
    private async Task ComeAndGoAsync(HookReceiver receiver)
    {
        await using RunningClient client = Client(receiver.Url);
        await client.Events.NextReadyAsync();
    }

    private RunningClient Client(Uri target) => new(RunningClient.Options(
        _link.Url, target, t => t with
        {
            Policies =
            [
                new PolicyDirective("inbox", "/hooks/*"), new PolicyDirective("inbox-max-requests", "100000"),
                new PolicyDirective("inbox-max-bytes", "10GB"), new PolicyDirective("inbox-retry", "20ms,50ms,1s,1s,1s"),
            ],
        }, id: _clientId));

    // Now the client is there in the meantime, now it is not, and now its link is cut at the same moment.
    private async Task KillAsync(Chance chance)
    {
        switch (chance.Next(0, 3))
        {
            case 0:
                _link.Refuse();
                break;
            case 1:
                _link.CutAll(CutKind.Reset);
                break;
        }

        await _server.KillAsync();
        await _server.StartAsync();
        _link.LeadTo(_server.Url);
        if (chance.OneIn(2))
        {
            _link.Admit();
        }
    }

    private static async Task AllComeAsync(Chance chance, HookReceiver receiver, int count)
    {
        // As long as something comes, it goes on.
        int before = -1;
        while (receiver.Ids.Count is var now && now < count)
        {
            now.ShouldBeGreaterThan(before, "nothing came for a while, and webhooks are missing");
            before = now;
            await Task.WhenAny(Task.Delay(Within.Limit), Eventually.BecomesAsync(() => Task.FromResult(receiver.Ids.Count >= Math.Min(count, now + 500)), true));
            chance.Say(string.Create(CultureInfo.InvariantCulture, $"{receiver.Ids.Count} delivered"));
        }
    }

    private static void Check(IReadOnlyCollection<Webhook> taken, IReadOnlyCollection<Delivery> deliveries)
    {
        ILookup<string, Delivery> came = deliveries.ToLookup(d => d.Id);
        foreach (Webhook hook in taken)
        {
            came[hook.Id].ShouldNotBeEmpty(hook.Id);
            came[hook.Id].ShouldAllBe(d => d.Target == "POST " + hook.Target && d.Checksum == hook.Checksum && d.Repeated == "one, two");

            // Its provider may have sent it twice, but the inbox has it once.
            int stored = came[hook.Id].Select(d => d.DeliveryId).Where(d => d.Length > 0).Distinct().Count();
            stored.ShouldBeLessThanOrEqualTo(hook.IsKnown ? 1 : hook.Attempts, hook.Id);
        }

        // What one sender sent one after the other came in that order, whatever came again.
        foreach (IGrouping<int, Webhook> ofSender in taken.GroupBy(h => h.Sender))
        {
            string[] sent = [.. ofSender.OrderBy(h => h.Number).Select(h => h.Id)];
            string[] first = [.. deliveries.Select(d => d.Id).Where(id => id.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{ofSender.Key}-"), StringComparison.Ordinal)).Distinct()];
            first.ShouldBe(sent);
        }
    }

    private async Task<(int Waiting, int Dead)> InboxAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_server.Url, "/$$ggrok/inbox/tunnels"));
        request.Headers.Add("X-Ggrok-Client", _clientId);
        using HttpResponseMessage answer = await _http.SendAsync(request);
        using JsonDocument tunnels = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        JsonElement tunnel = tunnels.RootElement.GetProperty("tunnels").EnumerateArray().Single();
        return (tunnel.GetProperty("waiting").GetInt32(), tunnel.GetProperty("dead").GetInt32());
    }
}
