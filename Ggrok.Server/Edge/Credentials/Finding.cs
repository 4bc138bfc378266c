namespace Ggrok.Server.Edge.Credentials;

/// <summary>What a method makes of a request.</summary>
internal enum FindingKind
{
    /// <summary>The request has nothing of its kind.</summary>
    Nothing,

    /// <summary>What the request has is wrong, or of somebody else: another method may still know it.</summary>
    Refused,

    /// <summary>The visitor may pass.</summary>
    Accepted,

    /// <summary>It is not looked at yet: too many guesses were wrong.</summary>
    Slowed,

    /// <summary>The browser has what is needed, but a page of another site sends it.</summary>
    Foreign,
}

/// <summary>What a method makes of a request.</summary>
/// <param name="Kind">Whether the visitor may pass.</param>
/// <param name="User">Who the visitor is; null where that is not known.</param>
/// <param name="Field">Header field that was used up: the local service does not get it.</param>
/// <param name="Wait">How long it is not looked at.</param>
internal readonly record struct Finding(FindingKind Kind, string? User = null, string? Field = null, TimeSpan Wait = default)
{
    /// <summary>Nothing of its kind.</summary>
    public static readonly Finding Nothing = new(FindingKind.Nothing);

    /// <summary>A wrong guess.</summary>
    public static readonly Finding Refused = new(FindingKind.Refused);

    /// <summary>The visitor may pass.</summary>
    public static Finding Accepted(string? user, string? field = null) => new(FindingKind.Accepted, user, field);

    /// <summary>Not looked at yet.</summary>
    public static Finding Slowed(TimeSpan wait) => new(FindingKind.Slowed, Wait: wait);
}
