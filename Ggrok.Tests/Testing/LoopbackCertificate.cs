using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ggrok.Tests.Testing;

/// <summary>A self-signed certificate for this machine, also as a file for programs that are to trust it.</summary>
public sealed class LoopbackCertificate : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-certificate").FullName;

    public LoopbackCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        Certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(PemFile, Certificate.ExportCertificatePem());
    }

    public X509Certificate2 Certificate { get; }

    public string PemFile => Path.Combine(_folder, "certificate.pem");

    public void Dispose()
    {
        Certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
