namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>How a provider is spoken to.</summary>
internal interface ILoginProtocol
{
    /// <summary>Where the browser is sent.</summary>
    /// <exception cref="LoginException">The provider cannot be asked.</exception>
    Task<string> AddressAsync(LoginAttempt attempt);

    /// <summary>Who it was that came back.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="code">What the browser brought.</param>
    /// <param name="issuer">Who the browser says sent it (RFC 9207); null where it does not say.</param>
    /// <exception cref="LoginException">The provider cannot be asked, or says nothing valid.</exception>
    Task<LoginPerson> PersonAsync(LoginAttempt attempt, string code, string? issuer);
}

/// <summary>One attempt to log in.</summary>
/// <param name="RedirectUri">Where the provider sends the browser back.</param>
/// <param name="State">Sealed <see cref="LoginState"/>.</param>
/// <param name="Nonce">What the ID token must hold.</param>
/// <param name="Verifier">Verifier of the code (RFC 7636).</param>
internal sealed record LoginAttempt(string RedirectUri, string State, string Nonce, string Verifier);
