using Ggrok.Server.Edge;
using Ggrok.Server.Inbox.Intake;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.Inbox;

namespace Ggrok.Server.Inbox.Api;

/// <summary>What owners and administrators can do to inboxes, whoever they are: the caller knows which tunnels are theirs.</summary>
internal sealed class InboxDesk(IInboxStore store, InboxBook book, TunnelRegistry registry, PolicyBook policies, InboxCounts counts)
{
    /// <summary>The store.</summary>
    public IInboxStore Store => store;

    /// <summary>All tunnels with an inbox.</summary>
    public IEnumerable<InboxTunnel> Tunnels => book.All;

    /// <summary>The tunnels with what they hold.</summary>
    public async Task<IReadOnlyList<InboxTunnelInfo>> DescribeAsync(IEnumerable<InboxTunnel> tunnels)
    {
        IReadOnlyDictionary<string, InboxTotals> totals = await store.TotalsAsync().ConfigureAwait(false);
        return [.. tunnels.OrderBy(t => t.Name, StringComparer.Ordinal).Select(t => Describe(t, totals.GetValueOrDefault(t.Name, InboxTotals.None)))];
    }

    /// <summary>Removes items and counts them.</summary>
    public async Task<int> DropAsync(InboxQuery query)
    {
        int dropped = await store.DropAsync(query).ConfigureAwait(false);
        counts.CountDropped(dropped);
        return dropped;
    }

    /// <summary>
    /// Gives the name of a tunnel free, and removes what is stored for it. The tunnel of a client that is here stays open.
    /// </summary>
    /// <param name="tunnel">The tunnel.</param>
    /// <param name="drops">Also when something is stored; else that keeps the name, and false is returned.</param>
    /// <exception cref="InboxStoreException">The store fails, or was not read yet.</exception>
    public async Task<bool> ForgetAsync(InboxTunnel tunnel, bool drops)
    {
        await book.SavedAsync(tunnel.Name).ConfigureAwait(false);
        if (!drops && !await book.ForgetEmptyAsync(tunnel).ConfigureAwait(false))
        {
            return false;
        }

        registry.Free(InboxRoute.KeyOf(tunnel));
        await (drops ? book.ForgetAsync(tunnel) : Task.CompletedTask).ConfigureAwait(false);
        return true;
    }

    private InboxTunnelInfo Describe(InboxTunnel tunnel, InboxTotals totals)
    {
        TunnelRoute? route = registry.Find(InboxRoute.KeyOf(tunnel));
        bool isAway = route is null or { IsAway: true };
        InboxOptions options = (route is null ? null : policies.PipelineOf(route)?.Policies.OfType<InboxPolicy>().FirstOrDefault()?.Options) ?? InboxOptions.Usual;
        return new InboxTunnelInfo(
            tunnel.Name, totals.Waiting, totals.Dead, totals.Bytes, totals.Oldest is { } oldest ? Rfc3339.Write(oldest) : null, isAway,
            isAway ? Rfc3339.Write(tunnel.LastSeen + tunnel.MaxAge) : null, options.MaxRequests, options.MaxBytes, (long)tunnel.MaxAge.TotalSeconds);
    }
}
