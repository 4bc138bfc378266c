using Ggrok.Server.Edge.BruteForce;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>Wrong guesses of one visitor at one tunnel.</summary>
internal readonly struct Guesses(FailureThrottle throttle, FailureKey key)
{
    /// <summary>How long the next guess is not looked at.</summary>
    public TimeSpan Wait => throttle.WaitOf(key);
}
