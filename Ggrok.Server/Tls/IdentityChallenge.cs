namespace Ggrok.Server.Tls;

/// <summary>What a registration that nobody vouches for is told: with what it could come back.</summary>
/// <param name="HasTokens">Tokens open tunnels here.</param>
/// <param name="HasCertificates">Client certificates open tunnels here.</param>
/// <param name="Problem">What is wrong with the one that came.</param>
internal readonly record struct IdentityChallenge(bool HasTokens, bool HasCertificates, ClientCertificateProblem Problem)
{
    /// <summary>
    /// The values of WWW-Authenticate (RFC 9110 section 11.6.1). There is no registered scheme for client certificates;
    /// this one is known to <c>ggrok</c> alone.
    /// </summary>
    public string[] Fields => (HasTokens, HasCertificates) switch
    {
        (false, true) => [CertificateField],
        (true, true) => ["Bearer realm=\"ggrok\"", CertificateField],
        _ => ["Bearer realm=\"ggrok\""],
    };

    /// <summary>One sentence for people.</summary>
    public string Message => (HasTokens, HasCertificates, Problem) switch
    {
        (_, true, ClientCertificateProblem.Foreign) => "This client certificate is not issued by the CA whose certificates open tunnels here.",
        (_, true, ClientCertificateProblem.Expired) => "This client certificate is not valid at this time; renew it.",
        (_, true, ClientCertificateProblem.Purpose) => "This certificate is not one for clients; make one with: ggrok certs create --client NAME",
        (false, true, _) => "The server wants a client certificate issued by its CA; pass it with --cert and --key.",
        (true, true, _) => "The server wants one of its tokens (--token) or a client certificate issued by its CA (--cert, --key).",
        _ => "The server does not know this token; pass one of its GGROK_TOKENS with --token or GGROK_TOKEN.",
    };

    private string CertificateField => $"ClientCertificate realm=\"ggrok\", problem=\"{Problem}\"";
}
