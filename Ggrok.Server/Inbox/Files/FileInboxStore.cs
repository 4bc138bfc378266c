using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Inbox.Tunnels;

namespace Ggrok.Server.Inbox.Files;

/// <summary>Requests as files of a folder, one each, and what is known of them in memory.</summary>
internal sealed partial class FileInboxStore : IInboxStore
{
    private readonly InboxFolder _folder;
    private readonly KnownItems _items;
    private readonly InboxDisk _disk;
    private readonly FileIntake _intake;
    private readonly FileChanges _changes;
    private readonly InboxId _ids;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _opening = new(1);
    private volatile bool _isOpen;

    /// <param name="path">The folder.</param>
    /// <param name="maxBytes">Bytes of all tunnels together.</param>
    /// <param name="ids">Makes ids; told of those that there are.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Is told of files that cannot be used.</param>
    public FileInboxStore(string path, long maxBytes, InboxId ids, TimeProvider time, ILogger<FileInboxStore> log)
    {
        _folder = new InboxFolder(Path.GetFullPath(path), time, log);
        _items = new KnownItems(maxBytes);
        _disk = new InboxDisk(_folder.FlushItems);
        _intake = new FileIntake(_folder, _disk, _items);
        _changes = new FileChanges(_folder, _disk, _items, ids, tunnel => Changed?.Invoke(tunnel));
        _ids = ids;
        _log = log;
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
                await _disk.RunAsync(Load).ConfigureAwait(false);
                _isOpen = true;
            }

            return true;
        }
        finally
        {
            _opening.Release();
        }
    }

    public bool HasWaiting(string tunnel) => _items.HasWaiting(tunnel);

    public IReadOnlyList<string> WaitingTunnels() => _items.Waiting;

    public Task<SameRequest?> FindSameAsync(string sameness) => Task.FromResult(_isOpen ? _intake.FindSame(sameness) : null);

    public async Task<InboxReceipt> AddAsync(InboxItem item, InboxRequest request, ReadOnlyMemory<byte> body, InboxBounds bounds)
    {
        InboxReceipt receipt = await _intake.AddAsync(item, request, body, bounds, () => OpenAsync(isWanted: true)).ConfigureAwait(false);
        if (receipt.IsNew)
        {
            Changed?.Invoke(item.Tunnel);
        }

        return receipt;
    }

    public ValueTask<bool> ClaimAsync(string tunnel) => ValueTask.FromResult(_isOpen);

    public ValueTask<bool> StillClaimsAsync(string tunnel) => ValueTask.FromResult(true);

    public ValueTask ReleaseAsync(string tunnel) => ValueTask.CompletedTask;

    public Task<InboxItem?> FirstAsync(string tunnel) => Task.FromResult(_items.First(tunnel));

    public Task<InboxRequest?> ReadAsync(InboxItem item) => _disk.RunAsync(() =>
    {
        using FileStream? file = _folder.Open(item.Id);
        return file is null ? null : ItemFile.ReadHead(file).Request;
    });

    public Task<Stream?> OpenBodyAsync(InboxItem item) => _disk.RunAsync<Stream?>(() =>
    {
        FileStream? file = _folder.Open(item.Id);
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

    public Task RemoveDeliveredAsync(InboxItem item) => _changes.RemoveDeliveredAsync(item);

    public Task UpdateAsync(InboxItem item) => _changes.UpdateAsync(item);

    public Task<IReadOnlyList<InboxItem>> ListAsync(InboxQuery query) => Task.FromResult<IReadOnlyList<InboxItem>>(_items.Select(query));

    public Task<int> DeliverAgainAsync(InboxQuery query) => _changes.DeliverAgainAsync(query);

    public Task<int> DropAsync(InboxQuery query) => _changes.DropAsync(query);

    public Task<IReadOnlyDictionary<string, InboxTotals>> TotalsAsync() => Task.FromResult<IReadOnlyDictionary<string, InboxTotals>>(_items.Totals);

    public InboxTotals KnownTotals() => _items.Sum;

    public Task<IReadOnlyList<InboxTunnel>> LoadTunnelsAsync() =>
        _isOpen ? _disk.RunAsync<IReadOnlyList<InboxTunnel>>(_folder.LoadTunnels) : Task.FromResult<IReadOnlyList<InboxTunnel>>([]);

    public Task<InboxTunnel?> LoadTunnelAsync(string name) => _isOpen ? _disk.RunAsync(() => _folder.LoadTunnel(name)) : Task.FromResult<InboxTunnel?>(null);

    public async Task SaveTunnelAsync(InboxTunnel tunnel)
    {
        await OpenAsync(isWanted: true).ConfigureAwait(false);
        await _disk.RunAsync(() => _folder.SaveTunnel(tunnel)).ConfigureAwait(false);
    }

    public Task RemoveTunnelAsync(string tunnel) => _isOpen ? _disk.RunAsync(() => _folder.RemoveTunnel(tunnel)) : Task.CompletedTask;

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
        _items.Add(items);
        foreach (InboxItem item in items)
        {
            _ids.Skip(item.Id);
            _ids.Skip(item.Place);
        }

        LogOpened(Place, items.Count);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The inbox is in {Place}, with {Count} requests")]
    private partial void LogOpened(string place, int count);
}
