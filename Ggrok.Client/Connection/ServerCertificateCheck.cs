using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Shared.Certificates;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Connection;

/// <summary>Decides about the server's certificate during one handshake, and says what is wrong with it.</summary>
internal sealed class ServerCertificateCheck(string? caFile, PemAuthorities? authorities)
{
    private const int MostNames = 5;

    /// <summary>The rest of a sentence that begins with the server's address; null while nothing is wrong.</summary>
    public string? Problem { get; private set; }

    /// <summary>The file without whose authorities the certificate would not be trusted; null when the system's suffice.</summary>
    public string? TrustedBy { get; private set; }

    /// <summary>The callback of the handshake.</summary>
    public bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 leaf || chain is null)
        {
            Problem = "shows no certificate.";
            return false;
        }

        // A wrong name stays wrong whoever issued the certificate.
        bool isNameWrong = errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch);
        string? chainProblem = errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) ? ChainProblem(leaf, chain) : null;
        Problem = chainProblem ?? (isNameWrong ? NameProblem(leaf) : null);
        return Problem is null && (errors & SslPolicyErrors.RemoteCertificateNotAvailable) == 0;
    }

    private string? ChainProblem(X509Certificate2 leaf, X509Chain systems)
    {
        if (authorities is null)
        {
            return Describe(leaf, systems);
        }

        using var chain = new X509Chain { ChainPolicy = authorities.Policy(ofClients: false) };
        chain.ChainPolicy.ExtraStore.AddRange(systems.ChainPolicy.ExtraStore);
        if (!chain.Build(leaf))
        {
            return Describe(leaf, chain);
        }

        TrustedBy = caFile;
        return null;
    }

    private string Describe(X509Certificate2 leaf, X509Chain chain)
    {
        X509ChainStatusFlags status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, s) => all | s.Status);
        if ((status & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid)) != 0)
        {
            string issuer = Printable.Clean(leaf.GetNameInfo(X509NameType.SimpleName, forIssuer: true));
            return caFile is null
                ? $"has a certificate issued by \"{issuer}\", which this machine does not know; if that is right, pass its CA with --ca."
                : $"has a certificate issued by \"{issuer}\", which neither this machine knows nor {caFile} holds; pass the CA that issued it with --ca.";
        }

        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            return TimeProblem(chain);
        }

        string reason = chain.ChainStatus.FirstOrDefault(s => s.Status != X509ChainStatusFlags.NoError).StatusInformation ?? "";
        return $"has a certificate that cannot be used: {Printable.Clean(reason.Trim()).TrimEnd('.')}.";
    }

    private static string TimeProblem(X509Chain chain)
    {
        X509Certificate2 wrong = chain.ChainElements
            .First(e => Array.Exists(e.ChainElementStatus, s => s.Status.HasFlag(X509ChainStatusFlags.NotTimeValid))).Certificate;
        return wrong.NotBefore > chain.ChainPolicy.VerificationTime
            ? string.Create(CultureInfo.InvariantCulture, $"has a certificate that is not valid before {wrong.NotBefore.ToUniversalTime():u}; is the clock of this machine right?")
            : string.Create(CultureInfo.InvariantCulture, $"has a certificate that expired at {wrong.NotAfter.ToUniversalTime():u}; renew it at the server.");
    }

    private static string NameProblem(X509Certificate2 leaf)
    {
        X509SubjectAlternativeNameExtension? extension = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        List<string> names = extension is null ? [] : [.. extension.EnumerateDnsNames(), .. extension.EnumerateIPAddresses().Select(a => a.ToString())];
        string listed = Printable.Clean(string.Join(", ", names.Take(MostNames))) + (names.Count > MostNames ? ", …" : "");
        return names.Count == 0
            ? "has a certificate that is made out to no name; make one with: ggrok certs create NAME"
            : $"has a certificate for {listed} only; connect by such a name, or add this one to the certificate.";
    }
}
