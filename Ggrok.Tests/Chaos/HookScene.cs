using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Chaos;

/// <summary>
/// Servers that share an inbox, a client behind a link, and senders who send each webhook again until it is answered with 2xx, to whichever
/// server.
/// </summary>
internal sealed class HookScene : IAsyncDisposable
{
    private const int Senders = 8;

    private readonly Chance _chance;
    private readonly string _clientId = Guid.NewGuid().ToString("N");
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly ConcurrentQueue<Webhook> _taken = new();
    private readonly SemaphoreSlim _due = new(0);
    private RunningClient? _client;
    private int _count;
    private int _rounds;
    private int _let;
    private int _unavailable;

    private HookScene(Chance chance, HookReceiver receiver, ServerProgram[] servers)
    {
        _chance = chance;
        Receiver = receiver;
        Servers = servers;
        Link = ChaosProxy.Start(servers[0].Url);
    }

    public HookReceiver Receiver { get; }

    public ServerProgram[] Servers { get; }

    /// <summary>Between the client and one of the servers.</summary>
    public ChaosProxy Link { get; }

    /// <summary>Webhooks that were answered with 2xx.</summary>
    public IReadOnlyCollection<Webhook> Taken => _taken;

    /// <summary>How often a sender was told that the inbox cannot store now.</summary>
    public int Unavailable => Volatile.Read(ref _unavailable);

    /// <summary>Starts servers, and no client yet.</summary>
    public static async Task<HookScene> StartAsync(Chance chance, int servers, params (string Name, string Value)[] settings) =>
        await StartAsync(chance, await Task.WhenAll(Enumerable.Range(0, servers).Select(_ => ServerProgram.StartAsync([.. settings, ("GGROK_LOG_REQUESTS", "false")]))));

    /// <summary>The same with servers that run.</summary>
    public static async Task<HookScene> StartAsync(Chance chance, params ServerProgram[] servers) => new(chance, await HookReceiver.StartAsync(chance), servers);

    /// <summary>The client comes.</summary>
    public async Task JoinAsync()
    {
        _client = new RunningClient(RunningClient.Options(Link.Url, Receiver.Url, t => t with
        {
            Policies =
            [
                new PolicyDirective("inbox", "/hooks/*"), new PolicyDirective("inbox-max-requests", "100000"),
                new PolicyDirective("inbox-max-bytes", "10GB"), new PolicyDirective("inbox-retry", "20ms,50ms,1s,1s,1s"),
            ],
        }, id: _clientId));
        await _client.Events.NextReadyAsync();
    }

    /// <summary>The client leaves in order.</summary>
    public async Task LeaveAsync()
    {
        await _client!.DisposeAsync();
        _client = null;
    }

    /// <summary>Sends so many webhooks, each sender one after the other, and at most two rounds ahead of <see cref="RoundAsync"/>.</summary>
    public Task SendAllAsync(int count, int rounds)
    {
        (_count, _rounds) = (count, rounds);
        int next = -1;
        Let(ShareOf(2));
        return Task.WhenAll(Enumerable.Range(0, Senders).Select(async sender =>
        {
            while (Interlocked.Increment(ref next) is var number && number < count)
            {
                await _due.WaitAsync();
                await SendAsync(new Webhook(sender, number, _chance.Size(_chance.OneIn(20) ? 300_000 : 20_000), isKnown: _chance.OneIn(2)));
            }
        }));
    }

    /// <summary>Sends one until it is taken.</summary>
    public async Task SendAsync(Webhook hook)
    {
        while (!await TrySendAsync(hook))
        {
            await _chance.WhileAsync(10, 80);
        }
    }

    /// <summary>Sends one once; whether it was taken.</summary>
    public async Task<bool> TrySendAsync(Webhook hook)
    {
        bool isTaken = await hook.TrySendAsync(_http, Servers[_chance.Next(0, Servers.Length)].Url);
        if (isTaken)
        {
            _taken.Enqueue(hook);
        }
        else if (hook.Refusal == "503 InboxUnavailable")
        {
            Interlocked.Increment(ref _unavailable);
        }

        return isTaken;
    }

    /// <summary>Completes when it is time for the next round, by what was taken.</summary>
    public Task RoundAsync(Task sending, int round)
    {
        Let(ShareOf(round + 2));
        return TakesAsync(sending, ShareOf(round));
    }

    /// <summary>Completes when so many were taken, or all are.</summary>
    public Task TakesAsync(Task sending, int count) => Task.WhenAny(sending, Eventually.BecomesAsync(() => Task.FromResult(_taken.Count >= count), true));

    /// <summary>Completes when some more have come to the local service; whatever was sent meanwhile, something is being sent then.</summary>
    public async Task DeliversAsync()
    {
        int enough = Math.Min(_count, Receiver.Ids.Count + 10);
        await Task.WhenAny(Eventually.BecomesAsync(() => Task.FromResult(Receiver.Ids.Count >= enough), true));
        Let(_let + (2 * Senders));
    }

    /// <summary>Completes when so many have come to the local service and the inbox is empty.</summary>
    public async Task AllComeAsync(int count)
    {
        // As long as something comes, it goes on.
        int before = -1;
        while (Receiver.Ids.Count is var now && now < count)
        {
            now.ShouldBeGreaterThan(before, "nothing came for a while, and webhooks are missing");
            before = now;
            await Task.WhenAny(Task.Delay(Within.Limit), Eventually.BecomesAsync(() => Task.FromResult(Receiver.Ids.Count >= Math.Min(count, now + 500)), true));
            _chance.Say(string.Create(CultureInfo.InvariantCulture, $"{Receiver.Ids.Count} delivered"));
        }

        await Eventually.BecomesAsync(InboxAsync, (0, 0));
    }

    /// <summary>Sends webhooks while the first server is killed again and again; all come, in order.</summary>
    public async Task PassKillsAsync(int count, int kills)
    {
        Task sending = SendAllAsync(count, kills);
        for (int i = 1; i <= kills; i++)
        {
            await RoundAsync(sending, i);
            if (_chance.OneIn(2))
            {
                // Killed in the middle of deliveries.
                Link.Admit();
                await DeliversAsync();
            }

            await KillAsync();
            _chance.Say(string.Create(CultureInfo.InvariantCulture, $"kill {i}: {_taken.Count} taken, {Receiver.Ids.Count} delivered"));
        }

        await sending;
        Link.Admit();
        await AllComeAsync(count);
        HookCheck.AllRight(_taken, Receiver.Deliveries, kills + Link.Cuts);
        HookCheck.InOrder(_taken, Receiver.Deliveries);
        Sum(string.Create(CultureInfo.InvariantCulture, $"{kills} kills"));
    }

    /// <summary>Says what became of all webhooks.</summary>
    public void Sum(string what) => _chance.Say(string.Create(CultureInfo.InvariantCulture,
        $"{_taken.Count} webhooks, {what}: 0 missing; {_taken.Sum(h => h.Attempts) - _taken.Count} sent again by their senders, {Receiver.Deliveries.Count - _taken.Count} came again, {Receiver.Deliveries.Count(d => d.DeliveryId.Length > 0)} out of the inbox"));

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await LeaveAsync();
        }

        await Link.DisposeAsync();
        foreach (ServerProgram server in Servers)
        {
            await server.DisposeAsync();
        }

        await Receiver.DisposeAsync();
        _http.Dispose();
        _due.Dispose();
    }

    private int ShareOf(int round) => (int)((long)round * _count / (_rounds + 1));

    // So many may be sent by now.
    private void Let(int until)
    {
        until = Math.Min(_count, until);
        if (until > _let)
        {
            _due.Release(until - _let);
            _let = until;
        }
    }

    // Now the client is there in the meantime, now it is not, and now its link is cut at the same moment.
    private async Task KillAsync()
    {
        switch (_chance.Next(0, 3))
        {
            case 0:
                Link.Refuse();
                break;
            case 1:
                Link.CutAll(CutKind.Reset);
                break;
        }

        await Servers[0].KillAsync();
        await Servers[0].StartAsync();
        Link.LeadTo(Servers[0].Url);
        if (_chance.OneIn(2))
        {
            Link.Admit();
        }
    }

    private async Task<(int Waiting, int Dead)> InboxAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Servers[0].Url, "/$$ggrok/inbox/tunnels"));
        request.Headers.Add("X-Ggrok-Client", _clientId);
        using HttpResponseMessage answer = await _http.SendAsync(request);
        using JsonDocument tunnels = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        JsonElement tunnel = tunnels.RootElement.GetProperty("tunnels").EnumerateArray().Single();
        return (tunnel.GetProperty("waiting").GetInt32(), tunnel.GetProperty("dead").GetInt32());
    }
}
