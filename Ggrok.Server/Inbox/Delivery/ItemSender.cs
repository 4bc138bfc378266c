using System.Collections.Concurrent;
using Ggrok.Server.Balancing;
using Ggrok.Server.Hosting;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Delivery;

/// <summary>Gives a stored request to whoever takes it.</summary>
internal sealed partial class ItemSender(IInboxStore store, ServerOptions options, ILogger<ItemSender> log)
{
    // How often in a row the disk may fail to give a request that it has, before that is given up for the sake of those behind it.
    private const int MostUnread = 10;

    private readonly ConcurrentDictionary<string, int> _unread = new(StringComparer.Ordinal);

    /// <summary>
    /// Makes an attempt. Of several members of a pool the next one gets it when one was not reached, as with visitors; never when it
    /// may have arrived.
    /// </summary>
    /// <param name="routes">Who may be given it, the best first; at least one.</param>
    /// <param name="item">What.</param>
    public async Task<AttemptResult> SendAsync(IReadOnlyList<TunnelRoute> routes, InboxItem item)
    {
        AttemptResult result = default;
        foreach (TunnelRoute route in routes)
        {
            result = await SendAsync(route, item).ConfigureAwait(false);
            if (result.Kind != AttemptKind.Unreached)
            {
                break;
            }
        }

        return result;
    }

    private async Task<AttemptResult> SendAsync(TunnelRoute route, InboxItem item)
    {
        try
        {
            InboxRequest? request = await store.ReadAsync(item).ConfigureAwait(false);
            await using Stream? body = request is null ? null : await store.OpenBodyAsync(item).ConfigureAwait(false);
            _unread.TryRemove(item.Id, out _);
            return request is null || body is null
                ? new AttemptResult(AttemptKind.Gone, "gone")
                : await SendAsync(route, request.ToHead(item, route.TunnelIndex), body).ConfigureAwait(false);
        }
        catch (InboxStoreException e) when (e.InnerException is InvalidDataException || (e.InnerException is IOException or UnauthorizedAccessException && IsUnreadable(item)))
        {
            return new AttemptResult(AttemptKind.Damaged, "damaged: " + e.Message);
        }
    }

    // What deliveries tell of a member counts like what visitors' requests tell.
    private async Task<AttemptResult> SendAsync(TunnelRoute route, RequestHead head, Stream body)
    {
        if (route.Member is not { } member)
        {
            return await DeliveryAttempt.SendAsync(route.Tunnel!, head, body, options.ResponseTimeout).ConfigureAwait(false);
        }

        member.Begin();
        try
        {
            AttemptResult result = await DeliveryAttempt.SendAsync(route.Tunnel!, head, body, options.ResponseTimeout).ConfigureAwait(false);
            if (member.Observe(result.Error == RelayError.None, result.Error))
            {
                LogTakenOut(Printable.Clean(route.Owner.Label), route.Key.ToString(), result.Error);
            }

            return result;
        }
        finally
        {
            member.End();
        }
    }

    private bool IsUnreadable(InboxItem item) =>
        _unread.AddOrUpdate(item.Id, 1, static (_, before) => before + 1) >= MostUnread && _unread.TryRemove(item.Id, out _);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Client} gets no requests of {Name} for a while: the last deliveries failed, with {Error}")]
    private partial void LogTakenOut(string client, string name, RelayError error);
}
