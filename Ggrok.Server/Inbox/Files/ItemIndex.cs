using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;

namespace Ggrok.Server.Inbox.Files;

/// <summary>What is in the files, in memory: who waits for what, in which order, and how much it is. Not for several threads at once.</summary>
internal sealed class ItemIndex
{
    private readonly Dictionary<string, InboxItem> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _same = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Shelf> _shelves = new(StringComparer.Ordinal);

    /// <summary>Bytes of all items, and of those that are being written.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many items there are.</summary>
    public int Count => _items.Count;

    /// <summary>How many of them are dead.</summary>
    public int Dead { get; private set; }

    /// <summary>The items of some tunnels.</summary>
    public IEnumerable<InboxItem> Of(IEnumerable<string> tunnels) =>
        tunnels.Distinct(StringComparer.Ordinal).SelectMany(t => _shelves.TryGetValue(t, out Shelf? shelf) ? shelf.Items.Select(i => _items[i.Id]) : []);

    /// <summary>The tunnels for which something waits.</summary>
    public IEnumerable<string> Waiting => _shelves.Where(s => s.Value.Queue.Count > 0).Select(s => s.Key);

    /// <summary>The item of an id; null when there is none.</summary>
    public InboxItem? Find(string id) => _items.GetValueOrDefault(id);

    /// <summary>The item that is the same; null when there is none.</summary>
    public InboxItem? FindSame(string? sameness) => sameness is not null && _same.TryGetValue(sameness, out string? id) ? _items[id] : null;

    /// <summary>Whether something waits, or is being written.</summary>
    public bool HasWaiting(string tunnel) => _shelves.TryGetValue(tunnel, out Shelf? shelf) && shelf.Queue.Count + shelf.Reserved > 0;

    /// <summary>The item whose turn it is.</summary>
    public InboxItem? First(string tunnel) =>
        _shelves.TryGetValue(tunnel, out Shelf? shelf) && shelf.Queue.Count > 0 ? _items[shelf.Queue.Min.Id] : null;

    /// <summary>Takes room for an item that is to be written, that of a dead one included which it replaces; false when there is none.</summary>
    public bool TryReserve(InboxItem item, InboxBounds bounds, long mostOfAll)
    {
        Shelf shelf = ShelfOf(item.Tunnel);
        (int replaced, long more) = FindSame(item.Sameness) is { IsDead: true } dead ? (1, item.StoredBytes - dead.StoredBytes) : (0, item.StoredBytes);
        if (shelf.Count + shelf.Reserved - replaced >= bounds.MaxRequests || shelf.Bytes + more > bounds.MaxBytes || Bytes + more > mostOfAll)
        {
            Forget(item.Tunnel, shelf);
            return false;
        }

        shelf.Reserved++;
        shelf.ReservedBytes += item.StoredBytes;
        shelf.Bytes += item.StoredBytes;
        Bytes += item.StoredBytes;
        return true;
    }

    /// <summary>Gives the room back.</summary>
    public void Unreserve(InboxItem item)
    {
        Shelf shelf = ShelfOf(item.Tunnel);
        shelf.Reserved--;
        shelf.ReservedBytes -= item.StoredBytes;
        shelf.Bytes -= item.StoredBytes;
        Bytes -= item.StoredBytes;
        Forget(item.Tunnel, shelf);
    }

    /// <summary>Adds an item.</summary>
    public void Add(InboxItem item)
    {
        Shelf shelf = ShelfOf(item.Tunnel);
        _items[item.Id] = item;
        shelf.Items.Add((item.Received, item.Id));
        shelf.Bytes += item.StoredBytes;
        Bytes += item.StoredBytes;
        if (item.IsDead)
        {
            Dead++;
            shelf.Dead++;
        }
        else
        {
            shelf.Queue.Add((item.Place, item.Id));
        }

        if (item.Sameness is not null && !(item.IsDead && _same.ContainsKey(item.Sameness)))
        {
            // After a crash the dead one that it replaced may be there, too.
            _same[item.Sameness] = item.Id;
        }
    }

    /// <summary>Removes an item; one that is gone is no mistake.</summary>
    public bool Remove(string id)
    {
        if (!_items.Remove(id, out InboxItem? item))
        {
            return false;
        }

        Shelf shelf = ShelfOf(item.Tunnel);
        shelf.Items.Remove((item.Received, id));
        shelf.Bytes -= item.StoredBytes;
        Bytes -= item.StoredBytes;
        shelf.Queue.Remove((item.Place, item.Id));
        Dead -= item.IsDead ? 1 : 0;
        shelf.Dead -= item.IsDead ? 1 : 0;
        Forget(item.Tunnel, shelf);
        if (item.Sameness is not null && _same.GetValueOrDefault(item.Sameness) == id)
        {
            _same.Remove(item.Sameness);
        }

        return true;
    }

    /// <summary>Puts an item in the place of the one with its id, if that is there.</summary>
    public void Replace(InboxItem item)
    {
        if (Remove(item.Id))
        {
            Add(item);
        }
    }

    /// <summary>What each tunnel's inbox holds, without what is being written.</summary>
    public Dictionary<string, InboxTotals> Totals() => _shelves.Where(s => s.Value.Count > 0).ToDictionary(
        s => s.Key,
        s => new InboxTotals(s.Value.Queue.Count, s.Value.Dead, s.Value.Bytes - s.Value.ReservedBytes, s.Value.Items.Min.Received),
        StringComparer.Ordinal);

    private Shelf ShelfOf(string tunnel)
    {
        if (!_shelves.TryGetValue(tunnel, out Shelf? shelf))
        {
            _shelves[tunnel] = shelf = new Shelf();
        }

        return shelf;
    }

    private void Forget(string tunnel, Shelf shelf)
    {
        if (shelf.Count + shelf.Reserved == 0)
        {
            _shelves.Remove(tunnel);
        }
    }

    private sealed class Shelf
    {
        /// <summary>What waits, in the order in which it is delivered.</summary>
        public SortedSet<(string Place, string Id)> Queue { get; } = new(Comparer<(string Place, string Id)>.Create(
            static (a, b) => string.CompareOrdinal(a.Place, b.Place) is var order and not 0 ? order : string.CompareOrdinal(a.Id, b.Id)));

        /// <summary>All there is, the oldest first.</summary>
        public SortedSet<(DateTimeOffset Received, string Id)> Items { get; } = new(Comparer<(DateTimeOffset Received, string Id)>.Create(
            static (a, b) => a.Received.CompareTo(b.Received) is var order and not 0 ? order : string.CompareOrdinal(a.Id, b.Id)));

        public int Count => Items.Count;

        public int Dead { get; set; }

        public int Reserved { get; set; }

        public long ReservedBytes { get; set; }

        /// <summary>Of all, and of those that are being written.</summary>
        public long Bytes { get; set; }
    }
}
