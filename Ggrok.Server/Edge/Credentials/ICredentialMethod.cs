namespace Ggrok.Server.Edge.Credentials;

/// <summary>One way in which a visitor shows that it may pass.</summary>
internal interface ICredentialMethod
{
    /// <summary>What stands in WWW-Authenticate (RFC 9110 section 11.6.1); null when a program could send nothing.</summary>
    /// <param name="realm">What it is for, quoted.</param>
    string? Challenge(string realm);

    /// <summary>Looks for what it knows in a request.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="guesses">Wrong guesses of this visitor; asked before anything is compared that can be guessed.</param>
    ValueTask<Finding> LookAsync(EdgeExchange exchange, Guesses guesses);
}
