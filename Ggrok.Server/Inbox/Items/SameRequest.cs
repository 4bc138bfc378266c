namespace Ggrok.Server.Inbox.Items;

/// <summary>What became of a request that is the same as one that comes.</summary>
internal enum SameState
{
    /// <summary>It waits.</summary>
    Waiting,

    /// <summary>It was given up.</summary>
    Dead,

    /// <summary>It was delivered of late.</summary>
    Delivered,
}

/// <summary>A request that is the same as one that comes.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">What became of it.</param>
internal readonly record struct SameRequest(string Id, SameState State)
{
    // It never sends a delivery again by itself: the second one is somebody's wish.
    private const string ByHandOnly = "github";

    /// <summary>
    /// Whether the one that comes is answered like this one, and no more. A dead letter is not what its provider wants to hear of when it
    /// sends it again, and what was delivered comes again where somebody must have asked for that.
    /// </summary>
    /// <param name="provider">The provider, in lower case.</param>
    public bool AnswersFor(string? provider) => State switch
    {
        SameState.Waiting => true,
        SameState.Delivered => IsRemembered(provider),
        _ => false,
    };

    /// <summary>Whether it must be known for a while what was delivered.</summary>
    /// <param name="provider">The provider, in lower case.</param>
    public static bool IsRemembered(string? provider) => provider != ByHandOnly;
}
