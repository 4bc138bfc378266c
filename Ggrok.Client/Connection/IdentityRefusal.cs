namespace Ggrok.Client.Connection;

/// <summary>Why the server does not let this client register, from what it and the server know.</summary>
internal static class IdentityRefusal
{
    private const string Certificates = "ClientCertificate";

    /// <summary>One sentence.</summary>
    /// <param name="hasToken">A token was sent.</param>
    /// <param name="certificate">File of the certificate that was shown; null for none.</param>
    /// <param name="challenges">The answer's WWW-Authenticate fields.</param>
    public static string Explain(bool hasToken, string? certificate, IEnumerable<string> challenges)
    {
        string all = string.Join(", ", challenges);
        bool takesCertificates = all.Contains(Certificates, StringComparison.OrdinalIgnoreCase);
        bool takesTokens = all.Contains("Bearer", StringComparison.OrdinalIgnoreCase);
        if (certificate is not null && takesCertificates)
        {
            return $"The server refuses the certificate in {certificate}: {Problem(all)}";
        }

        if (certificate is not null && !hasToken)
        {
            return "The server takes no client certificates (--cert); pass one of its GGROK_TOKENS with --token or GGROK_TOKEN.";
        }

        return (hasToken, takesTokens, takesCertificates) switch
        {
            (_, false, true) => "The server wants a client certificate issued by its CA; pass it with --cert and --key.",
            (false, _, true) => "The server wants a token or a client certificate; pass --token, or --cert and --key.",
            (false, _, false) => "The server wants a token; pass it with --token or GGROK_TOKEN.",
            (true, _, _) => "The server refuses this token; pass one of its GGROK_TOKENS with --token or GGROK_TOKEN.",
        };
    }

    private static string Problem(string challenge) => challenge switch
    {
        _ when Says(challenge, "Foreign") => "it is not issued by the server's CA; pass another one with --cert.",
        _ when Says(challenge, "Expired") => "it is not valid at this time; pass a renewed one with --cert.",
        _ when Says(challenge, "Purpose") => "it is not one for clients; make one with: ggrok certs create --client NAME, and pass it with --cert.",
        _ => "it did not arrive, so something in front of the server ends TLS; connect to the server's own TLS port for --cert, or use --token.",
    };

    private static bool Says(string challenge, string problem) => challenge.Contains($"problem=\"{problem}\"", StringComparison.Ordinal);
}
