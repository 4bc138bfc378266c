using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Files;

/// <summary>The folder of an inbox on the disk: what its files are called, and reading them at the start. Blocks.</summary>
internal sealed partial class InboxFolder(string path, TimeProvider time, ILogger log) : IDisposable
{
    private const string ItemEnd = ".item";
    private const string StateEnd = ".state";
    private const string TunnelEnd = ".tunnel";

    private readonly string _items = Path.Combine(path, "items");
    private readonly string _tunnels = Path.Combine(path, "tunnels");
    private readonly Lock _states = new();
    private FileStream? _lock;

    /// <summary>Where it is.</summary>
    public string FullPath => path;

    /// <summary>Requests that were delivered of late.</summary>
    public DeliveredFile Delivered { get; } = new(Path.Combine(path, "delivered"), time);

    /// <summary>Makes the folder and takes it for this process.</summary>
    /// <exception cref="InboxStoreException">Another process has it.</exception>
    public void Take()
    {
        SafeFile.MakeFolder(path);
        SafeFile.MakeFolder(_items);
        SafeFile.MakeFolder(_tunnels);
        try
        {
            _lock = new FileStream(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new InboxStoreException($"{path} belongs to another server that runs; give each one its own GGROK_INBOX_DIR. {e.Message}", inner: e);
        }

        Folder.Flush(path);
        Delivered.Load();
    }

    /// <summary>The file of an item.</summary>
    public string ItemPath(string id) => Path.Combine(_items, id + ItemEnd);

    /// <summary>The file of what changes of an item.</summary>
    public string StatePath(string id) => Path.Combine(_items, id + StateEnd);

    /// <summary>Makes durable which items there are.</summary>
    public void FlushItems() => Folder.Flush(_items);

    /// <summary>Reads all items, and removes what is left over of unfinished ones.</summary>
    public IEnumerable<InboxItem> LoadItems()
    {
        foreach (string file in Directory.EnumerateFiles(_items).Order(StringComparer.Ordinal).ToList())
        {
            string id = Path.GetFileNameWithoutExtension(file);
            switch (Path.GetExtension(file))
            {
                case SafeFile.Unfinished:
                    SafeFile.Delete(file);
                    break;
                case ItemEnd when InboxId.Is(id) && ReadItem(file, id) is { } item:
                    yield return item;
                    break;
                case StateEnd when InboxId.Is(id) && !File.Exists(ItemPath(id)):
                    SafeFile.Delete(file);
                    break;
                case StateEnd or ItemEnd when InboxId.Is(id):
                    break;
                default:
                    LogForeign(file);
                    break;
            }
        }
    }

    /// <summary>
    /// Writes what has changed of an item, as it is by then: of two changes at once neither must find the other's file open, nor undo it.
    /// </summary>
    /// <param name="id">The item.</param>
    /// <param name="find">Tells how it is now; null when it is gone.</param>
    public void WriteState(string id, Func<string, InboxItem?> find)
    {
        lock (_states)
        {
            if (find(id) is { } item)
            {
                SafeFile.Write(StatePath(id), JsonSerializer.SerializeToUtf8Bytes(
                    new StoredState(item.Place, item.IsDead, item.Attempts, item.NextAttempt, item.LastFailure), StoredJson.Default.StoredState));
            }
        }
    }

    /// <summary>Opens the file of an item; null when it is gone.</summary>
    public FileStream? Open(string id)
    {
        try
        {
            return File.OpenRead(ItemPath(id));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Removes an item.</summary>
    public void Remove(string id)
    {
        File.Delete(ItemPath(id));
        File.Delete(StatePath(id));
    }

    /// <summary>Removes an item that is not wanted, if that can be done.</summary>
    public void Forget(string id)
    {
        SafeFile.Delete(ItemPath(id));
        SafeFile.Delete(StatePath(id));
    }

    /// <summary>Reads the names that are kept.</summary>
    public List<InboxTunnel> LoadTunnels()
    {
        var tunnels = new List<InboxTunnel>();
        foreach (string file in Directory.EnumerateFiles(_tunnels).ToList())
        {
            if (Path.GetExtension(file) == SafeFile.Unfinished)
            {
                SafeFile.Delete(file);
            }
            else if (Path.GetExtension(file) == TunnelEnd && Read(file, StoredJson.Default.InboxTunnel) is { } tunnel)
            {
                tunnels.Add(tunnel);
            }
        }

        return tunnels;
    }

    /// <summary>Reads one of them; null when it is not kept, or cannot be read.</summary>
    public InboxTunnel? LoadTunnel(string name) => File.Exists(TunnelPath(name)) ? Read(TunnelPath(name), StoredJson.Default.InboxTunnel) : null;

    /// <summary>Keeps a name.</summary>
    public void SaveTunnel(InboxTunnel tunnel)
    {
        SafeFile.Write(TunnelPath(tunnel.Name), JsonSerializer.SerializeToUtf8Bytes(tunnel, StoredJson.Default.InboxTunnel));
        Folder.Flush(_tunnels);
    }

    /// <summary>Forgets a name.</summary>
    public void RemoveTunnel(string name)
    {
        File.Delete(TunnelPath(name));
        Folder.Flush(_tunnels);
    }

    /// <summary>Lets others have the folder.</summary>
    public void Dispose()
    {
        Delivered.Dispose();
        _lock?.Dispose();
    }

    // Names of hosts and paths have characters that file systems want for themselves.
    private string TunnelPath(string name) =>
        Path.Combine(_tunnels, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)).AsSpan(0, 16)) + TunnelEnd);

    private InboxItem? ReadItem(string file, string id)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            InboxItem item = ItemFile.ReadHead(stream).Item;
            if (item.Id != id)
            {
                throw new InvalidDataException("it is the file of another item");
            }

            item = item with { StoredBytes = stream.Length };
            return File.Exists(StatePath(id)) && Read(StatePath(id), StoredJson.Default.StoredState) is { } state
                ? item with { Place = state.Place, IsDead = state.IsDead, Attempts = state.Attempts, NextAttempt = state.NextAttempt, LastFailure = state.LastFailure }
                : item;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            LogUnreadable(file, Printable.Clean(e.Message));
            return null;
        }
    }

    private T? Read<T>(string file, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), type) ?? throw new InvalidDataException("it is empty");
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            LogUnreadable(file, Printable.Clean(e.Message));
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Inbox: {File} cannot be read and is left alone: {Problem}")]
    private partial void LogUnreadable(string file, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Inbox: {File} is not the inbox's and is left alone")]
    private partial void LogForeign(string file);
}
