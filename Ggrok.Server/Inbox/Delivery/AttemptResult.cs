namespace Ggrok.Server.Inbox.Delivery;

/// <summary>How an attempt to deliver went.</summary>
internal enum AttemptKind
{
    /// <summary>The local service answered 2xx.</summary>
    Delivered,

    /// <summary>It answered otherwise, or not as it should: another attempt comes later.</summary>
    Failed,

    /// <summary>It was not reached, or nobody knows: that was no attempt.</summary>
    Unreached,
}

/// <summary>How an attempt to deliver went.</summary>
/// <param name="Kind">In a word.</param>
/// <param name="Reason">What the local service answered, or the name of the error.</param>
internal readonly record struct AttemptResult(AttemptKind Kind, string Reason);
