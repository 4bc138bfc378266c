namespace Ggrok.Server.Inbox.Items;

/// <summary>Which stored requests are meant.</summary>
/// <param name="Tunnels">Of these tunnels.</param>
internal sealed record InboxQuery(IReadOnlyCollection<string> Tunnels)
{
    /// <summary>Of these owners only; null for all.</summary>
    public IReadOnlyCollection<string>? Owners { get; init; }

    /// <summary>Of other owners than these only; null for all.</summary>
    public IReadOnlyCollection<string>? OwnersBut { get; init; }

    /// <summary>Waiting or dead ones only; null for both.</summary>
    public bool? IsDead { get; init; }

    /// <summary>This one only; null for all.</summary>
    public string? Id { get; init; }

    /// <summary>Those with larger ids only; null for all.</summary>
    public string? After { get; init; }

    /// <summary>Those that came before this time only; null for all.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>So many at most.</summary>
    public int Limit { get; init; } = int.MaxValue;

    /// <summary>Whether an item is meant, the limit aside.</summary>
    public bool Has(InboxItem item) => Tunnels.Contains(item.Tunnel)
        && Owners?.Contains(item.Owner) != false
        && OwnersBut?.Contains(item.Owner) != true
        && (IsDead is null || IsDead == item.IsDead)
        && (Id is null || Id == item.Id)
        && (After is null || string.CompareOrdinal(item.Id, After) > 0)
        && (Before is null || item.Received < Before);
}

/// <summary>What a tunnel's inbox holds.</summary>
/// <param name="Waiting">Requests that wait.</param>
/// <param name="Dead">Requests that were given up.</param>
/// <param name="Bytes">Bytes that they take.</param>
/// <param name="Oldest">When the oldest came; null when there is none.</param>
internal sealed record InboxTotals(int Waiting, int Dead, long Bytes, DateTimeOffset? Oldest)
{
    public static InboxTotals None { get; } = new(0, 0, 0, null);
}
