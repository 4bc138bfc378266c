using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Shared.Certificates;

namespace Ggrok.Server.Tls;

/// <summary>Finds the certificate for the name that a visitor asks for (RFC 6066 section 3). Never changes.</summary>
internal sealed class CertificateIndex
{
    private readonly Dictionary<string, KnownCertificate> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KnownCertificate> _wildcard = new(StringComparer.Ordinal);
    private readonly KnownCertificate _first;

    /// <summary>Of two certificates for one name the earlier counts.</summary>
    /// <param name="pairs">At least one.</param>
    /// <param name="clients">Whose client certificates are asked for; null for none.</param>
    public CertificateIndex(IReadOnlyList<PemPair> pairs, PemAuthorities? clients)
    {
        // Named in the request, so that browsers do not offer their users certificates of others.
        SslCertificateTrust? trust = clients is not null && (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
            ? SslCertificateTrust.CreateForX509Collection(clients.Certificates, sendTrustInHandshake: true)
            : null;
        Clients = clients;

        // Kept for as long as the files are the same: sessions can be resumed only within one context.
        KnownCertificate[] known = [.. pairs.Select(p => new KnownCertificate(p, trust))];
        _first = known[0];
        foreach ((PemPair pair, KnownCertificate certificate) in pairs.Zip(known))
        {
            foreach (string name in NamesOf(pair.Certificate))
            {
                (name.StartsWith("*.", StringComparison.Ordinal) ? _wildcard : _exact).TryAdd(name, certificate);
            }
        }
    }

    /// <summary>The authorities of client certificates; null when none are asked for.</summary>
    public PemAuthorities? Clients { get; }

    /// <summary>
    /// The certificate made out to the name, else the one for all names of one label more than its own (RFC 9525
    /// section 6.3), else the first.
    /// </summary>
    /// <param name="serverName">The name, or null.</param>
    /// <param name="ofAnyClient">Whether client certificates of other authorities are asked for, too: then none are named.</param>
    public SslStreamCertificateContext Find(string? serverName, bool ofAnyClient = false)
    {
        KnownCertificate known = KnownOf(serverName);
        return ofAnyClient ? known.Unnamed : known.Context;
    }

    private KnownCertificate KnownOf(string? serverName)
    {
        string name = (serverName ?? "").TrimEnd('.').ToLowerInvariant();
        if (_exact.TryGetValue(name, out KnownCertificate? known))
        {
            return known;
        }

        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _wildcard.TryGetValue("*" + name[dot..], out known) ? known : _first;
    }

    /// <summary>The DNS names of a certificate; a common name is none (RFC 9525 section 2).</summary>
    public static IEnumerable<string> NamesOf(X509Certificate2 certificate) => certificate.Extensions
        .OfType<X509SubjectAlternativeNameExtension>()
        .SelectMany(e => e.EnumerateDnsNames())
        .Select(n => n.ToLower(CultureInfo.InvariantCulture));

    // Made when it is first needed: hardly any server has both kinds of client certificates.
    private sealed class KnownCertificate(PemPair pair, SslCertificateTrust? trust)
    {
        private readonly Lazy<SslStreamCertificateContext>? _unnamed =
            trust is null ? null : new(() => SslStreamCertificateContext.Create(pair.Certificate, pair.Chain, offline: true));

        public SslStreamCertificateContext Context { get; } = SslStreamCertificateContext.Create(pair.Certificate, pair.Chain, offline: true, trust);

        public SslStreamCertificateContext Unnamed => _unnamed?.Value ?? Context;
    }
}
