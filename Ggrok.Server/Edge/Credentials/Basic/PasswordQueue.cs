using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Server.Edge.Credentials.Basic;

/// <summary>
/// Computes hashes of passwords, one after the other and away from the threads of the relay: guessing costs one processor at
/// most, and who is in the queue when guessing is slowed is slowed, too.
/// </summary>
internal sealed class PasswordQueue : IDisposable
{
    private const int Longest = 64;

    private readonly SemaphoreSlim _turn = new(1);
    private int _waiting;

    /// <summary>Whether the password fits; <see cref="FindingKind.Slowed"/> when it was not looked at.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="password">What the visitor sent.</param>
    /// <param name="guesses">Of this visitor.</param>
    public async Task<FindingKind> FitsAsync(PasswordHash hash, byte[] password, Guesses guesses)
    {
        if (Interlocked.Increment(ref _waiting) > Longest)
        {
            Interlocked.Decrement(ref _waiting);
            return FindingKind.Slowed;
        }

        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            return guesses.Wait > TimeSpan.Zero ? FindingKind.Slowed
                : await Task.Run(() => hash.Fits(password)).ConfigureAwait(false) ? FindingKind.Accepted
                : FindingKind.Refused;
        }
        finally
        {
            _turn.Release();
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _turn.Dispose();
}
