using Ggrok.Server.Audit;
using Ggrok.Server.Edge.BruteForce;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Tokens;

/// <summary>
/// Lets tokens in and slows guessing at them. An address that has to wait is told so before anything is compared, whatever it
/// brings: that a right guess got through would be the answer to it. Made tokens are the exception. Nobody guesses 256 random
/// bits, so they need no protection, and a colleague behind the same address is not locked out by what others try.
/// </summary>
public sealed class TokenGate
{
    private readonly TokenAuthenticator _authenticator;
    private readonly SharedLook _look;
    private readonly AuditLog _audit;
    private readonly FailureThrottle _throttle;

    internal TokenGate(TokenAuthenticator authenticator, TokenWatch watch, AuditLog audit, FailureThrottle throttle)
    {
        _authenticator = authenticator;
        _look = new SharedLook(watch.Look);
        _audit = audit;
        _throttle = throttle;
    }

    /// <summary>Whether the Authorization header belongs to somebody.</summary>
    /// <param name="authorization">The header's value.</param>
    /// <param name="remote">The visitor's own address, behind trusted proxies too.</param>
    public async ValueTask<Admission> AdmitAsync(string? authorization, string remote)
    {
        string? secret = TokenAuthenticator.SecretOf(authorization);
        if (_authenticator.IsOpen || secret is null)
        {
            // Who brings nothing guesses nothing.
            return new Admission(_authenticator.Authenticate(null), TimeSpan.Zero);
        }

        var key = new FailureKey(AddressBlock.Of(remote));
        TimeSpan wait = _throttle.WaitOf(key);
        if (wait > TimeSpan.Zero && !TokenSecret.HasMadeForm(secret))
        {
            return new Admission(null, wait);
        }

        if (_authenticator.Authenticate(authorization) is { } identity)
        {
            _throttle.Succeeded(key);
            return new Admission(identity, TimeSpan.Zero);
        }

        return new Admission(wait == TimeSpan.Zero ? await LookAgainAsync(authorization, key, remote).ConfigureAwait(false) : null, wait);
    }

    // It may have been made a moment ago. Until that is known it is a failure: others are being tried meanwhile.
    private async Task<Identity?> LookAgainAsync(string? authorization, FailureKey key, string remote)
    {
        TimeSpan begun = _throttle.Failed(key);
        await _look.AfterNowAsync().ConfigureAwait(false);
        if (_authenticator.Authenticate(authorization) is { } identity)
        {
            _throttle.TakeBack(key);
            return identity;
        }

        if (begun > TimeSpan.Zero)
        {
            _audit.Throttled(remote, begun);
        }

        return null;
    }
}

/// <summary>What became of an attempt to be let in.</summary>
/// <param name="Identity">Who it is; null for nobody.</param>
/// <param name="Wait">With nobody: how long the address must wait before the next attempt; zero when this one was looked at.</param>
public readonly record struct Admission(Identity? Identity, TimeSpan Wait);
