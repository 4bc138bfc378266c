using System.Net.Security;
using Ggrok.Shared.Certificates;

namespace Ggrok.Client.Connection;

/// <summary>Whom the client trusts as its server, and the certificate with which it shows itself. Files are read at each dial.</summary>
public sealed record ServerTrust
{
    /// <summary>The system's authorities, and no certificate of one's own.</summary>
    public static readonly ServerTrust System = new();

    /// <summary>PEM file of authorities that are trusted beside the system's; null for none.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file of the client certificate, followed by its chain; null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of its key; null when <see cref="CertificateFile"/> holds it too.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Reads the files.</summary>
    /// <exception cref="PemException">A file cannot be used.</exception>
    internal ServerCertificateCheck Apply(SslClientAuthenticationOptions options)
    {
        if (CertificateFile is not null)
        {
            PemPair pair = PemPair.Load(CertificateFile, KeyFile);
            options.ClientCertificateContext = SslStreamCertificateContext.Create(pair.Certificate, pair.Chain, offline: true);
        }

        var check = new ServerCertificateCheck(CaFile, CaFile is null ? null : PemAuthorities.Load(CaFile));
        options.RemoteCertificateValidationCallback = check.Accepts;
        return check;
    }
}
