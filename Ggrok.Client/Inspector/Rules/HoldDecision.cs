using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Rules;

/// <summary>What becomes of a held request.</summary>
internal abstract record HoldDecision
{
    /// <summary>It goes to the local service.</summary>
    /// <param name="Request">Another head in place of the visitor's; null for that one.</param>
    /// <param name="Body">Another body, with such a head; null for the visitor's.</param>
    public sealed record Continue(RequestHead? Request = null, ReadOnlyMemory<byte>? Body = null) : HoldDecision;

    /// <summary>It is answered here.</summary>
    public sealed record Respond(FixedResponse Response) : HoldDecision;

    /// <summary>It is broken off.</summary>
    public sealed record Abort : HoldDecision;
}

/// <summary>How a decision was taken.</summary>
internal enum HoldOutcome
{
    /// <summary>It is carried out.</summary>
    Done,

    /// <summary>The request is not held any more.</summary>
    NotHeld,

    /// <summary>There is more of the body than was taken in, so that it cannot be replaced.</summary>
    BodyNotWhole,
}
