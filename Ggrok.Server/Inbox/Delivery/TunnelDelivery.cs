using System.Collections.Concurrent;
using Ggrok.Server.Edge;
using Ggrok.Server.Hosting;
using Ggrok.Server.Inbox.Intake;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.Inbox;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Delivery;

/// <summary>Delivers what waits for one tunnel, in order, until nothing waits or nobody takes it.</summary>
internal sealed partial class TunnelDelivery(
    IInboxStore store, InboxBook book, TunnelRegistry registry, PolicyBook policies, SessionDirectory directory, ItemSender sender, InboxCounts counts,
    TimeProvider time, ILogger<TunnelDelivery> log)
{
    // How long a local service is left alone that was not reached: nothing tells when it is there again.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Pause> _pauses = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _delivered = new(StringComparer.Ordinal);

    /// <summary>Delivers. Returns after which time there is something to do again; null for whenever it is told so.</summary>
    public async Task<TimeSpan?> RunAsync(string name, CancellationToken stop)
    {
        if (!store.HasWaiting(name) || book.Find(name) is not { } tunnel || DeliveryRoute.Of(tunnel, registry).Length == 0)
        {
            return null;
        }

        if (_pauses.TryGetValue(name, out Pause? pause) && pause.Length - time.GetElapsedTime(pause.Since) is var left && left > TimeSpan.Zero)
        {
            return left;
        }

        await ReadyAsync(name).ConfigureAwait(false);
        if (!await store.ClaimAsync(name).ConfigureAwait(false))
        {
            return null;
        }

        try
        {
            return await DeliverAllAsync(tunnel, stop).ConfigureAwait(false);
        }
        catch (InboxStoreException e)
        {
            // Nothing tells when it does what it should again.
            return PauseFor(name, e.Message);
        }
        finally
        {
            await store.ReleaseAsync(name).ConfigureAwait(false);
        }
    }

    // What somebody else left behind is being removed.
    private async Task ReadyAsync(string name)
    {
        try
        {
            await book.SavedAsync(name).ConfigureAwait(false);
        }
        catch (InboxStoreException e) when (e.IsFull)
        {
            // Removing needs no room; only what is new of the tunnel cannot be written, until something was delivered.
        }
    }

    /// <summary>The client has come anew: its local service may be there, too.</summary>
    public void Forgive(string name) => _pauses.TryRemove(name, out _);

    private async Task<TimeSpan?> DeliverAllAsync(InboxTunnel tunnel, CancellationToken stop)
    {
        // What is left is delivered after the restart: a server that shuts down waits for what runs, and not for what waits.
        while (!stop.IsCancellationRequested && !directory.IsDraining && await store.FirstAsync(tunnel.Name).ConfigureAwait(false) is { } item)
        {
            TunnelRoute[] routes = DeliveryRoute.Of(tunnel, registry);
            if (routes.Length == 0)
            {
                return null;
            }

            if (!tunnel.Owns(item))
            {
                if (!await TryDropOthersAsync(tunnel, item).ConfigureAwait(false))
                {
                    return LongestPause;
                }

                continue;
            }

            if (_delivered.ContainsKey(item.Id))
            {
                await RemoveDeliveredAsync(item).ConfigureAwait(false);
                continue;
            }

            if (WaitFor(routes[0], item) is { } wait)
            {
                return wait;
            }

            if (!await store.StillClaimsAsync(tunnel.Name).ConfigureAwait(false))
            {
                return FirstPause;
            }

            AttemptResult result = await sender.SendAsync(routes, item).ConfigureAwait(false);
            if (result.Kind is AttemptKind.Unreached or AttemptKind.Unknown)
            {
                return PauseFor(tunnel.Name, result.Reason);
            }

            await SettleAsync(routes[0], item, result).ConfigureAwait(false);
            _pauses.TryRemove(tunnel.Name, out _);
        }

        return null;
    }

    private async Task RemoveDeliveredAsync(InboxItem item)
    {
        await store.RemoveDeliveredAsync(item).ConfigureAwait(false);
        _delivered.TryRemove(item.Id, out _);
    }

    // Left behind by who had the name before. False where the store says that it is another one's by now, of whom this server has not heard.
    private async Task<bool> TryDropOthersAsync(InboxTunnel tunnel, InboxItem item)
    {
        if (await store.LoadTunnelAsync(tunnel.Name).ConfigureAwait(false) is { } stored && stored.Owns(item))
        {
            return false;
        }

        counts.CountDropped(await store.DropAsync(new InboxQuery([item.Tunnel]) { Id = item.Id, OwnersBut = tunnel.Owners }).ConfigureAwait(false));
        LogOthers(item.Id, item.Tunnel);
        return true;
    }

    // A wall clock that was put back does not make it wait longer than it ever should have.
    private TimeSpan? WaitFor(TunnelRoute route, InboxItem item)
    {
        if (item.NextAttempt is not { } due || due - time.GetUtcNow() is var left && left <= TimeSpan.Zero)
        {
            return null;
        }

        IReadOnlyList<TimeSpan> schedule = OptionsOf(route).Retry;
        return left <= schedule[Math.Clamp(item.Attempts - 1, 0, schedule.Count - 1)] ? left : null;
    }

    private async Task SettleAsync(TunnelRoute route, InboxItem item, AttemptResult result)
    {
        if (result.Kind == AttemptKind.Delivered)
        {
            // While it cannot be removed it must not come again: the local service has it.
            _delivered[item.Id] = true;
            counts.CountDelivered();
            LogDelivered(item.Id, item.Tunnel, item.Attempts + 1);
            await RemoveDeliveredAsync(item).ConfigureAwait(false);
            return;
        }

        if (result.Kind == AttemptKind.Gone)
        {
            // Somebody removed it meanwhile, or its file.
            await store.DropAsync(new InboxQuery([item.Tunnel]) { Id = item.Id }).ConfigureAwait(false);
            return;
        }

        counts.CountFailed();
        IReadOnlyList<TimeSpan> schedule = OptionsOf(route).Retry;
        bool isDead = item.Attempts >= schedule.Count || result.Kind == AttemptKind.Damaged;
        await store.UpdateAsync(item with
        {
            Attempts = item.Attempts + 1,
            LastFailure = Printable.Clean(result.Reason),
            IsDead = isDead,
            NextAttempt = isDead ? null : time.GetUtcNow() + schedule[item.Attempts],
        }).ConfigureAwait(false);
        LogFailed(item.Id, item.Tunnel, item.Attempts + 1, result.Reason, isDead ? "it is given up" : "it is tried again");
    }

    private InboxOptions OptionsOf(TunnelRoute route) =>
        policies.PipelineOf(route)?.Policies.OfType<InboxPolicy>().FirstOrDefault()?.Options ?? InboxOptions.Usual;

    private TimeSpan PauseFor(string name, string reason)
    {
        Pause pause = _pauses.AddOrUpdate(
            name,
            _ => new Pause(FirstPause, time.GetTimestamp()),
            (_, before) => new Pause(before.Length * 2 < LongestPause ? before.Length * 2 : LongestPause, time.GetTimestamp()));
        if (pause.Length == FirstPause)
        {
            LogUnreached(name, reason);
        }

        return pause.Length;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Id} from the inbox of {Tunnel} delivered, attempt {Attempt}")]
    private partial void LogDelivered(string id, string tunnel, int attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id} from the inbox of {Tunnel} not delivered, attempt {Attempt}: {Reason}; {Consequence}")]
    private partial void LogFailed(string id, string tunnel, int attempt, string reason, string consequence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id} in the inbox of {Tunnel} was for somebody else who had the name, and is removed")]
    private partial void LogOthers(string id, string tunnel);

    [LoggerMessage(Level = LogLevel.Information, Message = "The inbox of {Tunnel} waits: {Reason}")]
    private partial void LogUnreached(string tunnel, string reason);

    private sealed record Pause(TimeSpan Length, long Since);
}
