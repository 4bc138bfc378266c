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
    private readonly AuditLog _audit;
    private readonly FailureThrottle _throttle;

    internal TokenGate(TokenAuthenticator authenticator, AuditLog audit, FailureThrottle throttle)
    {
        _authenticator = authenticator;
        _audit = audit;
        _throttle = throttle;
    }

    /// <summary>Who the Authorization header belongs to; null for nobody.</summary>
    /// <param name="authorization">The header's value.</param>
    /// <param name="remote">The visitor's own address, behind trusted proxies too.</param>
    /// <param name="wait">With null: how long the address must wait before the next attempt; zero when this one was looked at.</param>
    public Identity? Admit(string? authorization, string remote, out TimeSpan wait)
    {
        string? secret = TokenAuthenticator.SecretOf(authorization);
        if (_authenticator.IsOpen || secret is null)
        {
            // Who brings nothing guesses nothing.
            wait = TimeSpan.Zero;
            return _authenticator.Authenticate(null);
        }

        var key = new FailureKey(AddressBlock.Of(remote));
        wait = _throttle.WaitOf(key);
        if (wait > TimeSpan.Zero && !TokenSecret.HasMadeForm(secret))
        {
            return null;
        }

        Identity? identity = _authenticator.Authenticate(authorization);
        if (identity is not null)
        {
            _throttle.Succeeded(key);
        }
        else if (wait == TimeSpan.Zero && _throttle.Failed(key) is var begun && begun > TimeSpan.Zero)
        {
            _audit.Throttled(remote, begun);
        }

        return identity;
    }
}
