using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Server.Edge.Credentials.Basic;

/// <summary>
/// Computes hashes of passwords, one after the other and away from the threads of the relay: guessing costs one processor at
/// most, and who is in the queue when guessing is slowed is slowed, too. The tunnels of one owner have a few places of it: those
/// of others must not wait for what is guessed there.
/// </summary>
internal sealed class PasswordQueue : IDisposable
{
    private const int Longest = 64;
    private const int MostOfOwner = 4;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _waitingOf = new(StringComparer.Ordinal);
    private int _waiting;

    /// <summary>Whether the password fits; <see cref="FindingKind.Slowed"/> when it was not looked at.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="password">What the visitor sent.</param>
    /// <param name="guesses">Of this visitor.</param>
    /// <param name="owner">Of the tunnel.</param>
    public async Task<FindingKind> FitsAsync(PasswordHash hash, byte[] password, Guesses guesses, RouteOwner owner)
    {
        // Where anybody is let in, all have one identity, and are not one.
        string party = owner is { IsProven: true, IdentityId: { } identity } ? "identity " + identity : "client " + owner.ClientId;
        if (!TryEnter(party))
        {
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
            Leave(party);
        }
    }

    public void Dispose() => _turn.Dispose();

    private bool TryEnter(string party)
    {
        lock (_gate)
        {
            int own = _waitingOf.GetValueOrDefault(party);
            if (own == MostOfOwner || _waiting == Longest)
            {
                return false;
            }

            _waitingOf[party] = own + 1;
            _waiting++;
            return true;
        }
    }

    private void Leave(string party)
    {
        lock (_gate)
        {
            _waiting--;
            if (--_waitingOf[party] == 0)
            {
                _waitingOf.Remove(party);
            }
        }
    }
}
