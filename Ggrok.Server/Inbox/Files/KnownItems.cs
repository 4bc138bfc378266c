using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;

namespace Ggrok.Server.Inbox.Files;

/// <summary>The items, for everybody at once: what each method does, it does in one step.</summary>
/// <param name="maxBytes">Bytes of all tunnels together.</param>
internal sealed class KnownItems(long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly ItemIndex _index = new();

    /// <summary>The tunnels for which something waits.</summary>
    public IReadOnlyList<string> Waiting
    {
        get
        {
            lock (_gate)
            {
                return [.. _index.Waiting];
            }
        }
    }

    /// <summary>What all inboxes hold together; the oldest is left out.</summary>
    public InboxTotals Sum
    {
        get
        {
            lock (_gate)
            {
                return new InboxTotals(_index.Count - _index.Dead, _index.Dead, _index.Bytes, Oldest: null);
            }
        }
    }

    /// <summary>What each tunnel's inbox holds.</summary>
    public Dictionary<string, InboxTotals> Totals
    {
        get
        {
            lock (_gate)
            {
                return _index.Totals();
            }
        }
    }

    /// <summary>Whether something waits, or is being written.</summary>
    public bool HasWaiting(string tunnel)
    {
        lock (_gate)
        {
            return _index.HasWaiting(tunnel);
        }
    }

    /// <summary>The item whose turn it is.</summary>
    public InboxItem? First(string tunnel)
    {
        lock (_gate)
        {
            return _index.First(tunnel);
        }
    }

    /// <summary>The item of an id; null when there is none.</summary>
    public InboxItem? Find(string id)
    {
        lock (_gate)
        {
            return _index.Find(id);
        }
    }

    /// <summary>The item that is the same; null when there is none.</summary>
    public InboxItem? FindSame(string sameness)
    {
        lock (_gate)
        {
            return _index.FindSame(sameness);
        }
    }

    /// <summary>Those that a query means.</summary>
    public List<InboxItem> Select(InboxQuery query)
    {
        lock (_gate)
        {
            if (query.Id is not null)
            {
                return _index.Find(query.Id) is { } one && query.Has(one) ? [one] : [];
            }

            return [.. _index.Of(query.Tunnels).Where(query.Has).OrderBy(i => i.Id, StringComparer.Ordinal).Take(query.Limit)];
        }
    }

    /// <summary>Adds items.</summary>
    public void Add(IEnumerable<InboxItem> items)
    {
        lock (_gate)
        {
            foreach (InboxItem item in items)
            {
                _index.Add(item);
            }
        }
    }

    /// <summary>Removes items; returns those that were there.</summary>
    public List<InboxItem> Remove(IEnumerable<InboxItem> items)
    {
        lock (_gate)
        {
            return [.. items.Where(i => _index.Remove(i.Id))];
        }
    }

    /// <summary>Changes an item, by what it is now; false when it is gone.</summary>
    public bool TryChange(string id, Func<InboxItem, InboxItem> change)
    {
        lock (_gate)
        {
            if (_index.Find(id) is not { } item)
            {
                return false;
            }

            _index.Replace(change(item));
            return true;
        }
    }

    /// <summary>Takes room for an item that is to be written; false when there is none.</summary>
    public bool TryReserve(InboxItem item, InboxBounds bounds)
    {
        lock (_gate)
        {
            return _index.TryReserve(item, bounds, maxBytes);
        }
    }

    /// <summary>Gives back the room of an item that was not written.</summary>
    public void GiveUp(InboxItem reserved)
    {
        lock (_gate)
        {
            _index.Unreserve(reserved);
        }
    }

    /// <summary>Adds an item that was written. Returns the dead one that makes way for it; null when there is none.</summary>
    public InboxItem? Settle(InboxItem reserved)
    {
        lock (_gate)
        {
            InboxItem? dead = _index.FindSame(reserved.Sameness) is { IsDead: true } same ? same : null;
            if (dead is not null)
            {
                _index.Remove(dead.Id);
            }

            _index.Unreserve(reserved);
            _index.Add(reserved);
            return dead;
        }
    }
}
