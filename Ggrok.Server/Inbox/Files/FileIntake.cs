using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;

namespace Ggrok.Server.Inbox.Files;

/// <summary>Writes new requests: each once, and only where there is room.</summary>
/// <param name="folder">Where.</param>
/// <param name="disk">Waits for it.</param>
/// <param name="items">What there is.</param>
internal sealed class FileIntake(InboxFolder folder, InboxDisk disk, KnownItems items)
{
    private readonly Lock _gate = new();

    // Same requests that come at once: those who come later wait for the first.
    private readonly Dictionary<string, Task<InboxReceipt>> _adding = new(StringComparer.Ordinal);

    /// <summary>The request that is the same; null when there is none.</summary>
    public SameRequest? FindSame(string sameness) =>
        items.FindSame(sameness) is { } item ? new SameRequest(item.Id, item.IsDead ? SameState.Dead : SameState.Waiting)
        : folder.Delivered.Memory.Find(sameness) is { } delivered ? new SameRequest(delivered, SameState.Delivered)
        : null;

    /// <summary>Stores a request, unless the same one answers for it or there is no room.</summary>
    /// <param name="item">What is known of it.</param>
    /// <param name="request">Its head.</param>
    /// <param name="body">Its body.</param>
    /// <param name="bounds">How much its tunnel may have.</param>
    /// <param name="open">Opens the store.</param>
    public Task<InboxReceipt> AddAsync(InboxItem item, InboxRequest request, ReadOnlyMemory<byte> body, InboxBounds bounds, Func<Task> open)
    {
        if (item.Sameness is not { } sameness)
        {
            return WriteAsync(item, request, body, bounds, open);
        }

        TaskCompletionSource<InboxReceipt> first;
        lock (_gate)
        {
            if (FindSame(sameness) is { } known && known.AnswersFor(item.Provider))
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

        return AddFirstAsync(sameness, () => WriteAsync(item, request, body, bounds, open), first);
    }

    private static async Task<InboxReceipt> AsSecondAsync(Task<InboxReceipt> first) => await first.ConfigureAwait(false) with { IsNew = false };

    private async Task<InboxReceipt> AddFirstAsync(string sameness, Func<Task<InboxReceipt>> write, TaskCompletionSource<InboxReceipt> first)
    {
        try
        {
            InboxReceipt receipt = await write().ConfigureAwait(false);
            Finish(sameness);
            first.SetResult(receipt);
            return receipt;
        }
        catch (Exception e)
        {
            Finish(sameness);
            first.SetException(e);

            // Nobody may have waited for it.
            _ = first.Task.Exception;
            throw;
        }
    }

    private void Finish(string sameness)
    {
        lock (_gate)
        {
            _adding.Remove(sameness);
        }
    }

    private async Task<InboxReceipt> WriteAsync(InboxItem item, InboxRequest request, ReadOnlyMemory<byte> body, InboxBounds bounds, Func<Task> open)
    {
        await open().ConfigureAwait(false);
        InboxItem? reserved = null;
        bool isStored = false;
        try
        {
            await disk.RunAsync(() =>
            {
                byte[] head = ItemFile.Head(item, request, body.Span);
                InboxItem sized = item with { StoredBytes = head.Length + body.Length };
                if (items.TryReserve(sized, bounds))
                {
                    reserved = sized;
                    SafeFile.Write(folder.ItemPath(item.Id), head, body);
                }
            }).ConfigureAwait(false);
            if (reserved is null)
            {
                return InboxReceipt.Full;
            }

            await disk.FlushAsync().ConfigureAwait(false);
            isStored = true;
        }
        finally
        {
            Settle(reserved, isStored);
        }

        return new InboxReceipt(item.Id, IsNew: true);
    }

    private void Settle(InboxItem? reserved, bool isStored)
    {
        if (reserved is null)
        {
            return;
        }

        InboxItem? gone = reserved;
        if (isStored)
        {
            gone = items.Settle(reserved);
        }
        else
        {
            items.GiveUp(reserved);
        }

        if (gone is not null)
        {
            disk.Begin(() => folder.Forget(gone.Id));
        }
    }
}
