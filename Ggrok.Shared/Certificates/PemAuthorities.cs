using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ggrok.Shared.Certificates;

/// <summary>Certificate authorities that are trusted by being named in a file, and no others.</summary>
public sealed class PemAuthorities
{
    private static readonly Oid ServerPurpose = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientPurpose = new("1.3.6.1.5.5.7.3.2");

    private PemAuthorities(X509Certificate2Collection certificates)
    {
        Certificates = certificates;
    }

    /// <summary>The certificates of the file.</summary>
    public X509Certificate2Collection Certificates { get; }

    /// <summary>Reads the certificates of one or more authorities.</summary>
    /// <exception cref="PemException">The file cannot be read, or nothing in it can be the end of a chain.</exception>
    public static PemAuthorities Load(string path) => Of(PemFile.Read(path));

    /// <summary>Reads the certificates of one or more authorities from the contents of a file.</summary>
    /// <param name="name">What the file is called in messages.</param>
    /// <param name="text">Its contents.</param>
    /// <exception cref="PemException">Nothing in it can be the end of a chain.</exception>
    public static PemAuthorities Parse(string name, string text) => Of(PemFile.Of(name, text));

    private static PemAuthorities Of(PemFile file)
    {
        X509Certificate2Collection certificates = file.Certificates();
        return certificates.Any(c => c.SubjectName.RawData.AsSpan().SequenceEqual(c.IssuerName.RawData))
            ? new PemAuthorities(certificates)
            : throw new PemException($"{file.Path} holds no root certificate, only ones that others issued; add the root's certificate to it.");
    }

    /// <summary>
    /// How a chain to these authorities is checked (RFC 5280 section 6): dates, signatures and purpose. Nothing is fetched,
    /// so there are no revocation lists.
    /// </summary>
    /// <param name="ofClients">Client certificates are checked; else those of servers.</param>
    public X509ChainPolicy Policy(bool ofClients)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(Certificates);
        policy.ApplicationPolicy.Add(ofClients ? ClientPurpose : ServerPurpose);
        return policy;
    }
}
