using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>What the database says about requests that are to be stored, while nobody else stores any: which it knows, and how much room there is.</summary>
/// <param name="maxBytes">Bytes of all tunnels together.</param>
internal sealed class Room(long maxBytes)
{
    private readonly Dictionary<string, string> _same = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Items, long Bytes)> _tunnels = new(StringComparer.Ordinal);
    private long _bytes;

    /// <summary>A request is known.</summary>
    public void Know(string sameness, string id) => _same[sameness] = id;

    /// <summary>What a tunnel has.</summary>
    public void Holds(string tunnel, long items, long bytes) => _tunnels[tunnel] = (items, bytes);

    /// <summary>What all tunnels have.</summary>
    public void Holds(long bytes) => _bytes = bytes;

    /// <summary>Gives a request its room; null when it has it, or why it needs none or gets none.</summary>
    public InboxReceipt? Take(InboxItem item, InboxBounds bounds)
    {
        if (item.Sameness is not null && _same.TryGetValue(item.Sameness, out string? known))
        {
            return new InboxReceipt(known, IsNew: false);
        }

        (long items, long bytes) = _tunnels.GetValueOrDefault(item.Tunnel);
        if (items >= bounds.MaxRequests || bytes + item.StoredBytes > bounds.MaxBytes || _bytes + item.StoredBytes > maxBytes)
        {
            return InboxReceipt.Full;
        }

        _tunnels[item.Tunnel] = (items + 1, bytes + item.StoredBytes);
        _bytes += item.StoredBytes;
        if (item.Sameness is not null)
        {
            _same[item.Sameness] = item.Id;
        }

        return null;
    }
}
