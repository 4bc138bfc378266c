namespace Ggrok.Server.Tls;

/// <summary>TLS at the server itself.</summary>
public sealed record TlsOptions
{
    /// <summary>Certificates, at least one; the first is for names that no other is made out to.</summary>
    public required IReadOnlyList<CertificateFiles> Certificates { get; init; }

    /// <summary>TCP port of the TLS endpoint, and UDP port of HTTP/3.</summary>
    public int Port { get; init; } = 8443;

    /// <summary>PEM file of the CA whose client certificates register without a token; null for none.</summary>
    public string? ClientCaFile { get; init; }

    /// <summary>Whether visitors may use HTTP/3 where the system can.</summary>
    public bool Http3 { get; init; } = true;
}

/// <summary>The files of one certificate.</summary>
/// <param name="Certificate">PEM file of the certificate, followed by its chain.</param>
/// <param name="Key">PEM file of its key; null when the first file holds it too.</param>
public sealed record CertificateFiles(string Certificate, string? Key);
