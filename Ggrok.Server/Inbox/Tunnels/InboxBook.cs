using System.Collections.Concurrent;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;

namespace Ggrok.Server.Inbox.Tunnels;

/// <summary>
/// The tunnels whose names are kept, in memory and in the store. Changes of one tunnel reach the store one after the other, and none
/// before it was read what stands there: a name may have been taken meanwhile that somebody else left something behind with.
/// </summary>
internal sealed partial class InboxBook(IInboxStore store, InboxCounts counts, ILogger<InboxBook> log)
{
    private readonly ConcurrentDictionary<string, InboxTunnel> _tunnels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> _writing = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();

    // Who lost a name whose items are not removed yet: that comes before anything else is written of it.
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> _leaving = new(StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public IEnumerable<InboxTunnel> All => _tunnels.Values;

    /// <summary>What stands in the store was read, or there is nothing.</summary>
    public bool IsLoaded => _loaded.Task.IsCompleted;

    /// <summary>The tunnel of a name; null when none is kept.</summary>
    public InboxTunnel? Find(string name) => _tunnels.GetValueOrDefault(name);

    /// <summary>Takes note of what the store says of a name that is not known here.</summary>
    public void Load(InboxTunnel tunnel) => _tunnels.TryAdd(tunnel.Name, tunnel);

    /// <summary>What stands in the store was read: from now on it is written.</summary>
    public void EndLoading() => _loaded.TrySetResult();

    /// <summary>Takes note of what another server has written, unless it was changed here meanwhile.</summary>
    public bool TryReplace(InboxTunnel known, InboxTunnel fresh) => _tunnels.TryUpdate(known.Name, fresh, known);

    /// <summary>Forgets a tunnel that another server has removed from the store.</summary>
    public void Unload(string name) => _tunnels.TryRemove(name, out _);

    /// <summary>Keeps a tunnel, or what has changed of it.</summary>
    public void Keep(InboxTunnel tunnel)
    {
        _tunnels.AddOrUpdate(tunnel.Name, tunnel, (_, before) => tunnel.After(before));
        _ = Enqueue(tunnel.Name);
    }

    /// <summary>What somebody who has the name no more left in the store is to be removed before anything else is written of it.</summary>
    public void Leave(InboxTunnel former) =>
        _leaving.AddOrUpdate(former.Name, _ => [.. former.Owners], (_, before) => [.. before.Union(former.Owners)]);

    /// <summary>Forgets a tunnel, and with it what is stored for its owner.</summary>
    public Task ForgetAsync(InboxTunnel tunnel)
    {
        Leave(tunnel);
        _tunnels.TryRemove(tunnel.Name, out _);
        return Enqueue(tunnel.Name);
    }

    /// <summary>Forgets a tunnel unless something is stored for it. What comes meanwhile finds it gone, or is seen here.</summary>
    public async Task<bool> ForgetEmptyAsync(InboxTunnel tunnel)
    {
        if (!_tunnels.TryRemove(KeyValuePair.Create(tunnel.Name, tunnel)))
        {
            return false;
        }

        bool isEmpty = false;
        try
        {
            isEmpty = (await store.ListAsync(new InboxQuery([tunnel.Name]) { Owners = tunnel.Owners, Limit = 1 }).ConfigureAwait(false)).Count == 0;
        }
        finally
        {
            if (!isEmpty)
            {
                _tunnels.TryAdd(tunnel.Name, tunnel);
            }
        }

        if (isEmpty)
        {
            await Enqueue(tunnel.Name).ConfigureAwait(false);
        }

        return isEmpty;
    }

    /// <summary>Returns once all changes of a tunnel are durable.</summary>
    /// <exception cref="InboxStoreException">They cannot be made so, or the store was not read yet.</exception>
    public Task SavedAsync(string name)
    {
        Task? writing;
        lock (_gate)
        {
            writing = _writing.GetValueOrDefault(name);
        }

        return !IsLoaded ? throw new InboxStoreException("it was not opened yet")
            : writing switch
            {
                null => Task.CompletedTask,

                // What failed before may succeed now.
                { IsFaulted: true } => Enqueue(name),
                _ => writing,
            };
    }

    /// <summary>Tries again what could not be written.</summary>
    public void WriteAgain()
    {
        string[] failed;
        lock (_gate)
        {
            failed = [.. _writing.Where(w => w.Value.IsFaulted).Select(w => w.Key)];
        }

        Array.ForEach(failed, n => _ = Enqueue(n));
    }

    /// <summary>Returns once all changes were tried.</summary>
    public Task SettledAsync()
    {
        lock (_gate)
        {
            return !IsLoaded ? Task.CompletedTask
                : Task.WhenAll(_writing.Values).ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    /// <summary>Whether the store says the same of a tunnel, and has said it for a while.</summary>
    public bool IsSaved(string name)
    {
        lock (_gate)
        {
            return _writing.GetValueOrDefault(name) is null or { IsCompletedSuccessfully: true };
        }
    }

    private Task Enqueue(string name)
    {
        lock (_gate)
        {
            Task now = WriteAsync(name, _writing.GetValueOrDefault(name) ?? Task.CompletedTask);
            _writing[name] = now;
            _ = now.ContinueWith(t => Settle(name, t), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return now;
        }
    }

    // A failure stays until it is tried again; it stands in the log.
    private void Settle(string name, Task written)
    {
        _ = written.Exception;
        lock (_gate)
        {
            if (written.IsCompletedSuccessfully && _writing.GetValueOrDefault(name) == written)
            {
                _writing.Remove(name);
            }
        }
    }

    // Not what was asked for, but what counts by now: a write that failed leaves nothing out.
    private async Task WriteAsync(string name, Task before)
    {
        await before.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
        await _loaded.Task.ConfigureAwait(false);
        try
        {
            _leaving.TryGetValue(name, out IReadOnlyList<string>? leaving);
            if (leaving is not null)
            {
                await DropAsync(name, leaving).ConfigureAwait(false);
                _leaving.TryRemove(KeyValuePair.Create(name, leaving));
            }

            if (Find(name) is { } tunnel)
            {
                await store.SaveTunnelAsync(tunnel).ConfigureAwait(false);
            }
            else if (leaving is null || await store.LoadTunnelAsync(name).ConfigureAwait(false) is not { } stored || stored.Owners.Intersect(leaving).Any())
            {
                // Another server that shares the store may have given the name to somebody else.
                await store.RemoveTunnelAsync(name).ConfigureAwait(false);
            }
        }
        catch (InboxStoreException e)
        {
            LogNotWritten(name, e.Message);
            throw;
        }
    }

    private async Task DropAsync(string name, IReadOnlyList<string> leaving) => counts.CountDropped(await store.DropAsync(Find(name) is { } now
        ? new InboxQuery([name]) { OwnersBut = now.Owners }
        : new InboxQuery([name]) { Owners = ["", .. leaving] }).ConfigureAwait(false));

    [LoggerMessage(Level = LogLevel.Error, Message = "The inbox of {Tunnel} cannot be written: {Problem}")]
    private partial void LogNotWritten(string tunnel, string problem);
}
