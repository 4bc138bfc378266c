using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Tunnels;

namespace Ggrok.Server.Inbox.Storage;

/// <summary>
/// Where requests wait. What a method has done when it returns is durable, unless it says otherwise. All of them may throw
/// <see cref="InboxStoreException"/>, and none runs long on the caller's thread.
/// </summary>
internal interface IInboxStore : IAsyncDisposable
{
    /// <summary>Where it is, for people.</summary>
    string Place { get; }

    /// <summary>What waits for a tunnel may have changed: something came, or is due now. Raised on any thread.</summary>
    event Action<string>? Changed;

    /// <summary>Another server has changed which tunnels there are.</summary>
    event Action? TunnelsChanged;

    /// <summary>Opens the store if it is not open; the first call that succeeds reads what is there.</summary>
    /// <param name="isWanted">Somebody has something to store; else a store that does not exist yet is not made.</param>
    /// <returns>Whether it is open now.</returns>
    Task<bool> OpenAsync(bool isWanted);

    /// <summary>Whether something waits for a tunnel, as far as it is known here.</summary>
    bool HasWaiting(string tunnel);

    /// <summary>The tunnels for which something waits, as far as it is known here.</summary>
    IReadOnlyList<string> WaitingTunnels();

    /// <summary>The request that is stored, or was delivered of late, and is the same as this; null when there is none.</summary>
    Task<SameRequest?> FindSameAsync(string sameness);

    /// <summary>
    /// Stores a request, unless the same one answers for it or the bounds forbid it. A dead letter that is the same makes way for it.
    /// </summary>
    Task<InboxReceipt> AddAsync(InboxItem item, InboxRequest request, ReadOnlyMemory<byte> body, InboxBounds bounds);

    /// <summary>Whether this server may deliver to a tunnel now: no other does until <see cref="ReleaseAsync"/>.</summary>
    ValueTask<bool> ClaimAsync(string tunnel);

    /// <summary>Whether what <see cref="ClaimAsync"/> gave still holds: where the database was lost meanwhile, another server may have it.</summary>
    ValueTask<bool> StillClaimsAsync(string tunnel);

    /// <summary>Lets others deliver.</summary>
    ValueTask ReleaseAsync(string tunnel);

    /// <summary>The request whose turn it is; null when nothing waits.</summary>
    Task<InboxItem?> FirstAsync(string tunnel);

    /// <summary>The head of a stored request; null when it is gone.</summary>
    Task<InboxRequest?> ReadAsync(InboxItem item);

    /// <summary>Its body, whose bytes were compared with their checksum; null when it is gone.</summary>
    Task<Stream?> OpenBodyAsync(InboxItem item);

    /// <summary>Removes a request that was delivered. After a crash it may be there again.</summary>
    Task RemoveDeliveredAsync(InboxItem item);

    /// <summary>Replaces what is known of an item: attempts, times, whether it is dead. Nothing where it is gone.</summary>
    Task UpdateAsync(InboxItem item);

    /// <summary>Items in the order of their ids.</summary>
    Task<IReadOnlyList<InboxItem>> ListAsync(InboxQuery query);

    /// <summary>Makes items due now; those that were given up wait again at the end of the queue. Returns how many there were.</summary>
    Task<int> DeliverAgainAsync(InboxQuery query);

    /// <summary>Removes items. Returns how many there were.</summary>
    Task<int> DropAsync(InboxQuery query);

    /// <summary>What each tunnel's inbox holds; those that hold nothing may be missing.</summary>
    Task<IReadOnlyDictionary<string, InboxTotals>> TotalsAsync();

    /// <summary>What all inboxes hold together, as far as it is known here; the oldest is left out.</summary>
    InboxTotals KnownTotals();

    /// <summary>The tunnels whose names are kept.</summary>
    Task<IReadOnlyList<InboxTunnel>> LoadTunnelsAsync();

    /// <summary>One of them; null when it is not kept.</summary>
    Task<InboxTunnel?> LoadTunnelAsync(string name);

    /// <summary>Keeps a tunnel's name, or what has changed of it.</summary>
    Task SaveTunnelAsync(InboxTunnel tunnel);

    /// <summary>Forgets a tunnel's name.</summary>
    Task RemoveTunnelAsync(string tunnel);
}

/// <summary>How much may be stored.</summary>
/// <param name="MaxRequests">Requests of the tunnel.</param>
/// <param name="MaxBytes">Bytes of the tunnel.</param>
internal sealed record InboxBounds(int MaxRequests, long MaxBytes);

/// <summary>What became of a request that was to be stored.</summary>
/// <param name="Id">The id under which it is stored, or the same one is known; null when there was no room.</param>
/// <param name="IsNew">It was stored just now.</param>
internal readonly record struct InboxReceipt(string? Id, bool IsNew)
{
    public static InboxReceipt Full => new(null, false);
}

/// <summary>The store cannot do what it was asked for.</summary>
/// <param name="message">Why, for the log.</param>
/// <param name="isFull">There is no room left on the disk.</param>
/// <param name="inner">What went wrong below.</param>
internal sealed class InboxStoreException(string message, bool isFull = false, Exception? inner = null) : Exception(message, inner)
{
    public bool IsFull => isFull;
}
