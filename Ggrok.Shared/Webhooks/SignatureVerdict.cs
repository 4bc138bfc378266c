namespace Ggrok.Shared.Webhooks;

/// <summary>What is known of a webhook's signature.</summary>
public enum SignatureVerdict
{
    /// <summary>No secret is configured.</summary>
    NoSecret,

    /// <summary>It was made with a configured secret, for these bytes, in time.</summary>
    Valid,

    /// <summary>It fits no configured secret, or is malformed.</summary>
    Invalid,

    /// <summary>The request has no signature.</summary>
    Missing,

    /// <summary>It was made with a configured secret, but its time is outside the tolerance.</summary>
    Stale,

    /// <summary>It cannot be computed: the body was not kept whole, or the kind of signature is not known.</summary>
    Unverifiable,
}

/// <summary>A verdict on a signature and why.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Reason">One sentence; never holds a secret.</param>
public readonly record struct SignatureCheck(SignatureVerdict Verdict, string Reason);
