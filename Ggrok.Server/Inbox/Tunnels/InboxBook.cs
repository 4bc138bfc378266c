using System.Collections.Concurrent;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;

namespace Ggrok.Server.Inbox.Tunnels;

/// <summary>The tunnels whose names are kept, in memory and in the store. Changes of one tunnel reach the store one after the other.</summary>
internal sealed partial class InboxBook(IInboxStore store, InboxCounts counts, ILogger<InboxBook> log)
{
    private readonly ConcurrentDictionary<string, InboxTunnel> _tunnels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> _writing = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>All of them.</summary>
    public IEnumerable<InboxTunnel> All => _tunnels.Values;

    /// <summary>The tunnel of a name; null when none is kept.</summary>
    public InboxTunnel? Find(string name) => _tunnels.GetValueOrDefault(name);

    /// <summary>Takes note of what the store says.</summary>
    public void Load(InboxTunnel tunnel) => _tunnels.TryAdd(tunnel.Name, tunnel);

    /// <summary>Forgets a tunnel that another server has removed from the store.</summary>
    public void Unload(string name) => _tunnels.TryRemove(name, out _);

    /// <summary>Keeps a tunnel, or what has changed of it.</summary>
    public void Keep(InboxTunnel tunnel)
    {
        _tunnels[tunnel.Name] = tunnel;
        _ = Enqueue(tunnel.Name, () => store.SaveTunnelAsync(tunnel));
    }

    /// <summary>Forgets a tunnel, and with it what is stored for it.</summary>
    public Task ForgetAsync(string name)
    {
        _tunnels.TryRemove(name, out _);
        return Enqueue(name, async () =>
        {
            counts.CountDropped(await store.DropAsync(new InboxQuery([name])).ConfigureAwait(false));
            await store.RemoveTunnelAsync(name).ConfigureAwait(false);
        });
    }

    /// <summary>Returns once all changes of a tunnel are durable.</summary>
    /// <exception cref="InboxStoreException">They cannot be made so.</exception>
    public Task SavedAsync(string name)
    {
        Task? writing;
        lock (_gate)
        {
            writing = _writing.GetValueOrDefault(name);
        }

        return writing switch
        {
            null => Task.CompletedTask,

            // What failed before may succeed now.
            { IsFaulted: true } when Find(name) is { } tunnel => Enqueue(name, () => store.SaveTunnelAsync(tunnel)),
            _ => writing,
        };
    }

    /// <summary>Returns once all changes were tried.</summary>
    public Task SettledAsync()
    {
        lock (_gate)
        {
            return Task.WhenAll(_writing.Values).ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
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

    private Task Enqueue(string name, Func<Task> write)
    {
        lock (_gate)
        {
            Task before = _writing.GetValueOrDefault(name) ?? Task.CompletedTask;
            Task now = WriteAsync(name, before, write);
            _writing[name] = now;
            return now;
        }
    }

    private async Task WriteAsync(string name, Task before, Func<Task> write)
    {
        await before.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
        try
        {
            await write().ConfigureAwait(false);
        }
        catch (InboxStoreException e)
        {
            LogNotWritten(name, e.Message);
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The inbox of {Tunnel} cannot be written: {Problem}")]
    private partial void LogNotWritten(string tunnel, string problem);
}
