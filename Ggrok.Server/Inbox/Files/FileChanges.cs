using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;

namespace Ggrok.Server.Inbox.Files;

/// <summary>Changes and removes items that are there.</summary>
/// <param name="folder">Where they are.</param>
/// <param name="disk">Waits for it.</param>
/// <param name="items">What is known of them.</param>
/// <param name="ids">Makes places at the end of the queue.</param>
/// <param name="changed">Told of tunnels whose items have changed.</param>
internal sealed class FileChanges(InboxFolder folder, InboxDisk disk, KnownItems items, InboxId ids, Action<string> changed)
{
    /// <summary>Removes an item that was delivered.</summary>
    public async Task RemoveDeliveredAsync(InboxItem item)
    {
        await disk.RunAsync(() =>
        {
            // First what was delivered: else a request that its provider sends again just then would be a new one.
            if (item.Sameness is not null && SameRequest.IsRemembered(item.Provider))
            {
                folder.Delivered.Add(item.Sameness, item.Id);
            }

            folder.Remove(item.Id);
        }).ConfigureAwait(false);
        items.Remove([item]);
    }

    /// <summary>Replaces what is known of an item.</summary>
    public async Task UpdateAsync(InboxItem item)
    {
        if (await ReplaceAsync(item.Id, _ => item).ConfigureAwait(false))
        {
            await disk.FlushAsync().ConfigureAwait(false);
            changed(item.Tunnel);
        }
    }

    /// <summary>Makes items due now; dead ones wait again at the end of the queue.</summary>
    public async Task<int> DeliverAgainAsync(InboxQuery query)
    {
        List<InboxItem> wanted = items.Select(query);
        foreach (InboxItem item in wanted)
        {
            await ReplaceAsync(item.Id, i => i.IsDead
                ? i with { IsDead = false, Attempts = 0, NextAttempt = null, Place = ids.Next() }
                : i with { NextAttempt = null }).ConfigureAwait(false);
        }

        await FinishAsync(wanted).ConfigureAwait(false);
        return wanted.Count;
    }

    /// <summary>Removes items.</summary>
    public async Task<int> DropAsync(InboxQuery query)
    {
        List<InboxItem> dropped = items.Remove(items.Select(query));
        if (dropped.Count == 0)
        {
            return 0;
        }

        (List<InboxItem> left, Exception? failure) = await disk.RunAsync(() => Remove(dropped)).ConfigureAwait(false);
        items.Add(left);
        await FinishAsync(dropped).ConfigureAwait(false);
        return failure is null ? dropped.Count : throw new InboxStoreException(failure.Message, DiskFull.Is(failure), failure);
    }

    // One that cannot be removed keeps no other here.
    private (List<InboxItem> Left, Exception? Failure) Remove(List<InboxItem> dropped)
    {
        var left = new List<InboxItem>();
        Exception? failure = null;
        foreach (InboxItem item in dropped)
        {
            try
            {
                folder.Remove(item.Id);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                failure ??= e;
                left.Add(item);
            }
        }

        return (left, failure);
    }

    private async Task FinishAsync(List<InboxItem> ofThese)
    {
        if (ofThese.Count > 0)
        {
            await disk.FlushAsync().ConfigureAwait(false);
        }

        foreach (string tunnel in ofThese.Select(i => i.Tunnel).Distinct(StringComparer.Ordinal))
        {
            changed(tunnel);
        }
    }

    // By what it is now: an owner may have something delivered while an attempt to do so fails.
    private async Task<bool> ReplaceAsync(string id, Func<InboxItem, InboxItem> change)
    {
        if (!items.TryChange(id, change))
        {
            return false;
        }

        await disk.RunAsync(() => folder.WriteState(id, items.Find)).ConfigureAwait(false);
        return true;
    }
}
