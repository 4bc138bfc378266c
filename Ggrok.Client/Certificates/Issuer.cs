using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ggrok.Client.Certificates;

/// <summary>A private certificate authority: makes itself, and certificates of servers and clients (RFC 5280).</summary>
internal sealed class Issuer
{
    private const int YearsOfAuthority = 10;
    private const int SerialBytes = 16;
    private const int LongestCommonName = 64;
    private const string ServerPurpose = "1.3.6.1.5.5.7.3.1";
    private const string ClientPurpose = "1.3.6.1.5.5.7.3.2";

    // Clocks in a LAN differ.
    private static readonly TimeSpan Backdated = TimeSpan.FromHours(1);

    private readonly TimeProvider _time;

    /// <param name="certificate">The authority's certificate with its key, ECDSA or RSA.</param>
    /// <param name="time">The clock that dates are counted from.</param>
    public Issuer(X509Certificate2 certificate, TimeProvider time)
    {
        Certificate = certificate;
        _time = time;
    }

    /// <summary>The authority's own certificate.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Makes an authority that signs certificates of servers and clients and no further authorities.</summary>
    public static Issuer Make(string name, TimeProvider time)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(NameOf(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        DateTimeOffset from = time.GetUtcNow() - Backdated;
        return new Issuer(request.CreateSelfSigned(from, from.AddYears(YearsOfAuthority)), time);
    }

    /// <summary>Makes a server's certificate.</summary>
    /// <param name="names">What it is made out to.</param>
    /// <param name="days">How long it is valid; less when the authority itself ends earlier.</param>
    public (X509Certificate2 Certificate, ECDsa Key) ForServer(CertificateNames names, int days) => Issue(names.All[0], ServerPurpose, names.ToExtension(), days);

    /// <summary>Makes a client's certificate.</summary>
    /// <param name="name">Whose it is.</param>
    /// <param name="days">How long it is valid; less when the authority itself ends earlier.</param>
    public (X509Certificate2 Certificate, ECDsa Key) ForClient(string name, int days) => Issue(name, ClientPurpose, names: null, days);

    private (X509Certificate2 Certificate, ECDsa Key) Issue(string name, string purpose, X509Extension? names, int days)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(NameOf(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(AuthorityIdentifier());
        if (names is not null)
        {
            request.CertificateExtensions.Add(names);
        }

        DateTimeOffset from = Later(_time.GetUtcNow() - Backdated, Certificate.NotBefore);
        DateTimeOffset until = Earlier(from.AddDays(days), Certificate.NotAfter);
        return (request.Create(Certificate.SubjectName, Signature(), from, until, Serial()), key);
    }

    private X509SignatureGenerator Signature() => Certificate.GetECDsaPrivateKey() is { } elliptic
        ? X509SignatureGenerator.CreateForECDsa(elliptic)
        : X509SignatureGenerator.CreateForRSA(Certificate.GetRSAPrivateKey()!, RSASignaturePadding.Pkcs1);

    // An authority that was made elsewhere may have no identifier of its own.
    private X509AuthorityKeyIdentifierExtension AuthorityIdentifier()
    {
        bool hasOwn = Certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Any();
        return X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: hasOwn, includeIssuerAndSerial: !hasOwn);
    }

    // Positive, as section 4.1.2.2 wants it, and never the same twice.
    private static byte[] Serial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        return serial;
    }

    private static X500DistinguishedName NameOf(string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name.Length <= LongestCommonName ? name : string.Create(CultureInfo.InvariantCulture, $"{name.AsSpan(0, LongestCommonName - 1)}…"));
        return builder.Build();
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
