namespace Ggrok.Shared.Edge.Credentials;

/// <summary>Share links: whoever opens one may pass until it expires.</summary>
public static class ShareOptions
{
    /// <summary>Key of the switch.</summary>
    public const string ShareKey = "share";

    /// <summary>The longest time for which a link may be valid.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromDays(30);

    /// <summary>The most often that one link can be used.</summary>
    public const int MostUses = 1000;

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(ShareKey, "", "Let visitors pass who open a share link of the tunnel's owner, and nobody else unless other credentials are set.", _ => { })
            { Form = PolicyForm.Switch },
    ];
}
