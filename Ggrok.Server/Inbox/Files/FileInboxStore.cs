using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Inbox.Tunnels;

namespace Ggrok.Server.Inbox.Files;

/// <summary>Requests as files of a folder, one each, and what is known of them in memory.</summary>
internal sealed partial class FileInboxStore : IInboxStore
{
    private readonly InboxFolder _folder;
    private readonly long _maxBytes;
    private readonly InboxId _ids;
    private readonly ILogger _log;
    private readonly DiskThreads _disk = new();
    private readonly FolderFlush _flush;
    private readonly SemaphoreSlim _opening = new(1);
    private readonly Lock _gate = new();
    private readonly ItemIndex _index = new();

    // Same requests that come at once: those who come later wait for the first.
    private readonly Dictionary<string, Task<InboxReceipt>> _adding = new(StringComparer.Ordinal);
    private volatile bool _isOpen;

    /// <param name="path">The folder.</param>
    /// <param name="maxBytes">Bytes of all tunnels together.</param>
    /// <param name="ids">Makes ids; told of those that there are.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Is told of files that cannot be used.</param>
    public FileInboxStore(string path, long maxBytes, InboxId ids, TimeProvider time, ILogger<FileInboxStore> log)
    {
        _folder = new InboxFolder(Path.GetFullPath(path), time, log);
        _maxBytes = maxBytes;
        _ids = ids;
        _log = log;
        _flush = new FolderFlush(_disk, _folder.FlushItems);
    }

    public string Place => _folder.FullPath;

    public event Action<string>? Changed;

    public event Action? TunnelsChanged
    {
        add { }
        remove { }
    }

    public async Task<bool> OpenAsync(bool isWanted)
    {
        if (_isOpen || (!isWanted && !Directory.Exists(_folder.FullPath)))
        {
            return _isOpen;
        }

        await _opening.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_isOpen)
            {
                await OnDiskAsync(Load).ConfigureAwait(false);
                _isOpen = true;
            }

            return true;
        }
        finally
        {
            _opening.Release();
        }
    }

    public bool HasWaiting(string tunnel)
    {
        lock (_gate)
        {
            return _index.HasWaiting(tunnel);
        }
    }

    public IReadOnlyList<string> WaitingTunnels()
    {
        lock (_gate)
        {
            return [.. _index.Waiting];
        }
    }

    public Task<SameRequest?> FindSameAsync(string sameness)
    {
        lock (_gate)
        {
            return Task.FromResult(_isOpen ? Same(sameness) : null);
        }
    }

    public Task<InboxReceipt> AddAsync(InboxItem item, InboxRequest request, ReadOnlyMemory<byte> body, InboxBounds bounds)
    {
        TaskCompletionSource<InboxReceipt>? first = null;
        lock (_gate)
        {
            if (item.Sameness is { } sameness)
            {
                if (Same(sameness) is { } known && known.AnswersFor(item.Provider))
                {
                    return Task.FromResult(new InboxReceipt(known.Id, IsNew: false));
                }

                if (_adding.TryGetValue(sameness, out Task<InboxReceipt>? before))
                {
                    return AsSecondAsync(before);
                }

                first = new TaskCompletionSource<InboxReceipt>(TaskCreationOptions.RunContinuationsAsynchronously);
                _adding.Add(sameness, first.Task);
            }
        }

        return AddFirstAsync(item, request, body, bounds, first);
    }

    public ValueTask<bool> ClaimAsync(string tunnel) => ValueTask.FromResult(_isOpen);

    public ValueTask<bool> StillClaimsAsync(string tunnel) => ValueTask.FromResult(true);

    public ValueTask ReleaseAsync(string tunnel) => ValueTask.CompletedTask;

    public Task<InboxItem?> FirstAsync(string tunnel)
    {
        lock (_gate)
        {
            return Task.FromResult(_index.First(tunnel));
        }
    }

    public Task<InboxRequest?> ReadAsync(InboxItem item) => OnDiskAsync(() =>
    {
        using FileStream? file = Open(item);
        return file is null ? null : ItemFile.ReadHead(file).Request;
    });

    public Task<Stream?> OpenBodyAsync(InboxItem item) => OnDiskAsync<Stream?>(() =>
    {
        FileStream? file = Open(item);
        try
        {
            if (file is not null)
            {
                ItemFile.Check(file, ItemFile.ReadHead(file));
            }

            return file;
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    });

    public async Task RemoveDeliveredAsync(InboxItem item)
    {
        await OnDiskAsync(() =>
        {
            // First what was delivered: else a request that its provider sends again just then would be a new one.
            if (item.Sameness is not null && SameRequest.IsRemembered(item.Provider))
            {
                _folder.Delivered.Add(item.Sameness, item.Id);
            }

            _folder.Remove(item.Id);
        }).ConfigureAwait(false);
        lock (_gate)
        {
            _index.Remove(item.Id);
        }
    }

    public async Task UpdateAsync(InboxItem item)
    {
        if (await ReplaceAsync(item.Id, _ => item).ConfigureAwait(false))
        {
            await FlushAsync().ConfigureAwait(false);
            Changed?.Invoke(item.Tunnel);
        }
    }

    public Task<IReadOnlyList<InboxItem>> ListAsync(InboxQuery query) => Task.FromResult<IReadOnlyList<InboxItem>>(Select(query));

    public async Task<int> DeliverAgainAsync(InboxQuery query)
    {
        List<InboxItem> items = Select(query);
        foreach (InboxItem item in items)
        {
            await ReplaceAsync(item.Id, i => i.IsDead
                ? i with { IsDead = false, Attempts = 0, NextAttempt = null, Place = _ids.Next() }
                : i with { NextAttempt = null }).ConfigureAwait(false);
        }

        if (items.Count > 0)
        {
            await FlushAsync().ConfigureAwait(false);
        }

        foreach (string tunnel in items.Select(i => i.Tunnel).Distinct(StringComparer.Ordinal))
        {
            Changed?.Invoke(tunnel);
        }

        return items.Count;
    }

    public async Task<int> DropAsync(InboxQuery query)
    {
        List<InboxItem> items = Select(query);
        if (items.Count == 0)
        {
            return 0;
        }

        lock (_gate)
        {
            items.RemoveAll(i => !_index.Remove(i.Id));
        }

        (List<InboxItem> left, Exception? failure) = await OnDiskAsync(() => Remove(items)).ConfigureAwait(false);
        lock (_gate)
        {
            left.ForEach(_index.Add);
        }

        await FlushAsync().ConfigureAwait(false);
        foreach (string tunnel in items.Select(i => i.Tunnel).Distinct(StringComparer.Ordinal))
        {
            Changed?.Invoke(tunnel);
        }

        return failure is null ? items.Count : throw new InboxStoreException(failure.Message, DiskFull.Is(failure), failure);
    }

    // One that cannot be removed keeps no other here.
    private (List<InboxItem> Left, Exception? Failure) Remove(List<InboxItem> items)
    {
        var left = new List<InboxItem>();
        Exception? failure = null;
        foreach (InboxItem item in items)
        {
            try
            {
                _folder.Remove(item.Id);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                failure ??= e;
                left.Add(item);
            }
        }

        return (left, failure);
    }

    public Task<IReadOnlyDictionary<string, InboxTotals>> TotalsAsync()
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyDictionary<string, InboxTotals>>(_index.Totals());
        }
    }

    public InboxTotals KnownTotals()
    {
        lock (_gate)
        {
            return new InboxTotals(_index.Count - _index.Dead, _index.Dead, _index.Bytes, Oldest: null);
        }
    }

    public Task<IReadOnlyList<InboxTunnel>> LoadTunnelsAsync() =>
        _isOpen ? OnDiskAsync<IReadOnlyList<InboxTunnel>>(_folder.LoadTunnels) : Task.FromResult<IReadOnlyList<InboxTunnel>>([]);

    public Task<InboxTunnel?> LoadTunnelAsync(string name) => _isOpen ? OnDiskAsync(() => _folder.LoadTunnel(name)) : Task.FromResult<InboxTunnel?>(null);

    public async Task SaveTunnelAsync(InboxTunnel tunnel)
    {
        await OpenAsync(isWanted: true).ConfigureAwait(false);
        await OnDiskAsync(() => _folder.SaveTunnel(tunnel)).ConfigureAwait(false);
    }

    public Task RemoveTunnelAsync(string tunnel) => _isOpen ? OnDiskAsync(() => _folder.RemoveTunnel(tunnel)) : Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _disk.Dispose();
        _folder.Dispose();
        _opening.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Load()
    {
        _folder.Take();
        List<InboxItem> items = [.. _folder.LoadItems()];
        lock (_gate)
        {
            foreach (InboxItem item in items)
            {
                _index.Add(item);
                _ids.Skip(item.Id);
                _ids.Skip(item.Place);
            }
        }

        LogOpened(Place, items.Count);
    }

    private async Task<InboxReceipt> AddFirstAsync(
        InboxItem item, InboxRequest request, ReadOnlyMemory<byte> body, InboxBounds bounds, TaskCompletionSource<InboxReceipt>? first)
    {
        try
        {
            await OpenAsync(isWanted: true).ConfigureAwait(false);
            InboxReceipt receipt = await WriteAsync(item, request, body, bounds).ConfigureAwait(false);
            Finish(item, () => first?.SetResult(receipt));
            return receipt;
        }
        catch (Exception e)
        {
            Finish(item, () => first?.SetException(e));

            // Nobody may have waited for it.
            _ = first?.Task.Exception;
            throw;
        }
    }

    private void Finish(InboxItem item, Action tell)
    {
        if (item.Sameness is { } sameness)
        {
            lock (_gate)
            {
                _adding.Remove(sameness);
            }
        }

        tell();
    }

    private async Task<InboxReceipt> WriteAsync(InboxItem item, InboxRequest request, ReadOnlyMemory<byte> body, InboxBounds bounds)
    {
        InboxItem? reserved = null;
        bool isStored = false;
        try
        {
            bool isWritten = await OnDiskAsync(() =>
            {
                byte[] head = ItemFile.Head(item, request, body.Span);
                reserved = Reserve(item with { StoredBytes = head.Length + body.Length }, bounds);
                if (reserved is not null)
                {
                    SafeFile.Write(_folder.ItemPath(item.Id), head, body);
                }

                return reserved is not null;
            }).ConfigureAwait(false);
            if (!isWritten)
            {
                return InboxReceipt.Full;
            }

            await FlushAsync().ConfigureAwait(false);
            isStored = true;
        }
        finally
        {
            Settle(reserved, isStored);
        }

        Changed?.Invoke(item.Tunnel);
        return new InboxReceipt(item.Id, IsNew: true);
    }

    private InboxItem? Reserve(InboxItem item, InboxBounds bounds)
    {
        lock (_gate)
        {
            return _index.TryReserve(item, bounds, _maxBytes) ? item : null;
        }
    }

    private void Settle(InboxItem? reserved, bool isStored)
    {
        if (reserved is null)
        {
            return;
        }

        string? gone = isStored ? null : reserved.Id;
        lock (_gate)
        {
            _index.Unreserve(reserved);
            if (isStored)
            {
                if (_index.FindSame(reserved.Sameness) is { IsDead: true } dead)
                {
                    gone = dead.Id;
                    _index.Remove(dead.Id);
                }

                _index.Add(reserved);
            }
        }

        if (gone is not null)
        {
            _ = _disk.RunAsync(() => _folder.Forget(gone));
        }
    }

    // By what it is now: an owner may have something delivered while an attempt to do so fails.
    private async Task<bool> ReplaceAsync(string id, Func<InboxItem, InboxItem> change)
    {
        lock (_gate)
        {
            if (_index.Find(id) is not { } item)
            {
                return false;
            }

            _index.Replace(change(item));
        }

        await OnDiskAsync(() => _folder.WriteState(id, Find)).ConfigureAwait(false);
        return true;
    }

    private InboxItem? Find(string id)
    {
        lock (_gate)
        {
            return _index.Find(id);
        }
    }

    private static async Task<InboxReceipt> AsSecondAsync(Task<InboxReceipt> first) => await first.ConfigureAwait(false) with { IsNew = false };

    private SameRequest? Same(string sameness) =>
        _index.FindSame(sameness) is { } item ? new SameRequest(item.Id, item.IsDead ? SameState.Dead : SameState.Waiting)
        : _folder.Delivered.Memory.Find(sameness) is { } delivered ? new SameRequest(delivered, SameState.Delivered)
        : null;

    private List<InboxItem> Select(InboxQuery query)
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

    private FileStream? Open(InboxItem item)
    {
        try
        {
            return File.OpenRead(_folder.ItemPath(item.Id));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private Task FlushAsync() => TranslatedAsync(async () =>
    {
        await _flush.RunAsync().ConfigureAwait(false);
        return true;
    });

    private Task OnDiskAsync(Action work) => OnDiskAsync(() =>
    {
        work();
        return true;
    });

    private Task<T> OnDiskAsync<T>(Func<T> work) => TranslatedAsync(() => _disk.RunAsync(work));

    private static async Task<T> TranslatedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or InboxStoreException))
        {
            // Whatever the disk does must not end more than this.
            throw new InboxStoreException(e.Message, DiskFull.Is(e), e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The inbox is in {Place}, with {Count} requests")]
    private partial void LogOpened(string place, int count);
}
