namespace Ggrok.Server.Inbox.Items;

/// <summary>What is known of a stored request without reading it.</summary>
internal sealed record InboxItem
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The tunnel that it is for, as people call it.</summary>
    public required string Tunnel { get; init; }

    /// <summary>Hash of who had the tunnel when it came: nobody else gets it, or hears of it, whoever has the name later.</summary>
    public string Owner { get; init => field = value ?? ""; } = "";

    /// <summary>Method, as it was received.</summary>
    public required string Method { get; init; }

    /// <summary>Raw path and query, as they were received.</summary>
    public required string Target { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset Received { get; init; }

    /// <summary>Bytes of its body.</summary>
    public required long BodyBytes { get; init; }

    /// <summary>Bytes that it takes in the store: head and body.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>The provider whose webhook it is, in lower case; null when it is none that is known.</summary>
    public string? Provider { get; init; }

    /// <summary>The provider's id of the delivery; null where it has none.</summary>
    public string? ProviderId { get; init; }

    /// <summary>Address of who sent it.</summary>
    public string? Remote { get; init; }

    /// <summary>Hash by which it is the same as another one; null where that cannot be told.</summary>
    public string? Sameness { get; init; }

    /// <summary>Its place in the queue: its id, or one made later when it was put at the end again.</summary>
    public required string Place { get; init; }

    /// <summary>No more attempts are made.</summary>
    public bool IsDead { get; init; }

    /// <summary>Attempts that failed.</summary>
    public int Attempts { get; init; }

    /// <summary>Not before; null for as soon as possible.</summary>
    public DateTimeOffset? NextAttempt { get; init; }

    /// <summary>Why the last attempt failed; null while none has.</summary>
    public string? LastFailure { get; init; }
}
