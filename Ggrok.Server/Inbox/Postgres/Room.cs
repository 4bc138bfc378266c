using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>What the database says about requests that are to be stored, while nobody else stores any: which it knows, and how much room there is.</summary>
/// <param name="maxBytes">Bytes of all tunnels together.</param>
internal sealed class Room(long maxBytes)
{
    private readonly Dictionary<string, (SameRequest Request, long Bytes)> _same = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Items, long Bytes)> _tunnels = new(StringComparer.Ordinal);
    private long _bytes;

    /// <summary>A request is known; one that is stored before one that was delivered.</summary>
    public void Know(string sameness, SameRequest request, long bytes) => _same.TryAdd(sameness, (request, bytes));

    /// <summary>What a tunnel has.</summary>
    public void Holds(string tunnel, long items, long bytes) => _tunnels[tunnel] = (items, bytes);

    /// <summary>What all tunnels have.</summary>
    public void Holds(long bytes) => _bytes = bytes;

    /// <summary>Gives a request its room, that of a dead one included which it replaces; null when it has it, or why it needs none or gets none.</summary>
    public InboxReceipt? Take(InboxItem item, InboxBounds bounds)
    {
        (int more, long moreBytes) = (1, item.StoredBytes);
        if (item.Sameness is not null && _same.TryGetValue(item.Sameness, out (SameRequest Request, long Bytes) known))
        {
            if (known.Request.AnswersFor(item.Provider))
            {
                return new InboxReceipt(known.Request.Id, IsNew: false);
            }

            (more, moreBytes) = known.Request.State == SameState.Dead ? (0, item.StoredBytes - known.Bytes) : (more, moreBytes);
        }

        (long items, long bytes) = _tunnels.GetValueOrDefault(item.Tunnel);
        if (items + more > bounds.MaxRequests || bytes + moreBytes > bounds.MaxBytes || _bytes + moreBytes > maxBytes)
        {
            return InboxReceipt.Full;
        }

        _tunnels[item.Tunnel] = (items + more, bytes + moreBytes);
        _bytes += moreBytes;
        if (item.Sameness is not null)
        {
            _same[item.Sameness] = (new SameRequest(item.Id, SameState.Waiting), item.StoredBytes);
        }

        return null;
    }
}
