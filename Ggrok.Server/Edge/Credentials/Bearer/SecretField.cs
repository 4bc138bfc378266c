using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Server.Edge.Credentials.Bearer;

/// <summary>Compares a secret in a header field.</summary>
internal static class SecretField
{
    /// <summary>All are compared, whatever the first ones say.</summary>
    public static Finding Compare(string given, IReadOnlyList<SecretHash> known, string field, Guesses guesses)
    {
        if (guesses.Wait is var wait && wait > TimeSpan.Zero)
        {
            return Finding.Slowed(wait);
        }

        byte[] digest = SecretHash.Digest(given);
        bool fits = false;
        foreach (SecretHash hash in known)
        {
            fits |= hash.Fits(digest);
        }

        return fits ? Finding.Accepted(user: null, field) : Finding.Refused;
    }
}
