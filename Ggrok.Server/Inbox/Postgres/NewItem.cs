using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>A request that is to be stored, and who waits for it.</summary>
/// <param name="item">What is known of it.</param>
/// <param name="head">Its head, as JSON.</param>
/// <param name="body">Its body.</param>
/// <param name="bounds">How much its tunnel may have.</param>
internal sealed class NewItem(InboxItem item, string head, ReadOnlyMemory<byte> body, InboxBounds bounds)
{
    private readonly TaskCompletionSource<InboxReceipt> _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InboxItem Item => item;

    public string Head => head;

    public ReadOnlyMemory<byte> Body => body;

    public InboxBounds Bounds => bounds;

    /// <summary>Ends when it is known what became of it.</summary>
    public Task<InboxReceipt> Stored => _stored.Task;

    public void Settle(InboxReceipt receipt) => _stored.TrySetResult(receipt);

    public void Fail(Exception exception) => _stored.TrySetException(exception);
}
