using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Delivery;

/// <summary>How an attempt to deliver went.</summary>
internal enum AttemptKind
{
    /// <summary>The local service answered 2xx.</summary>
    Delivered,

    /// <summary>It answered otherwise, or not as it should: another attempt comes later.</summary>
    Failed,

    /// <summary>It was not reached: that was no attempt.</summary>
    Unreached,

    /// <summary>Nobody knows whether it was reached: that was no attempt either.</summary>
    Unknown,

    /// <summary>What is stored is not what it was: no attempt will ever succeed.</summary>
    Damaged,

    /// <summary>Nothing is stored any more.</summary>
    Gone,
}

/// <summary>How an attempt to deliver went.</summary>
/// <param name="Kind">In a word.</param>
/// <param name="Reason">What the local service answered, or the name of the error.</param>
/// <param name="Error">Why there was no answer; none when there was one.</param>
internal readonly record struct AttemptResult(AttemptKind Kind, string Reason, RelayError Error = RelayError.None);
