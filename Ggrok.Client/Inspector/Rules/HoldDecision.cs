namespace Ggrok.Client.Inspector.Rules;

/// <summary>What becomes of a held request.</summary>
internal abstract record HoldDecision
{
    /// <summary>It goes to the local service, changed if <see cref="Edit"/> says so.</summary>
    public sealed record Continue(RequestEdit? Edit = null) : HoldDecision;

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
