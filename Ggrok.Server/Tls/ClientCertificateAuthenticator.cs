using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tls;

/// <summary>
/// Decides whether a registration's own connection brought a client certificate that opens tunnels. What a proxy in front
/// says of certificates counts nothing.
/// </summary>
public sealed class ClientCertificateAuthenticator
{
    // Enough to tell certificates of one name apart.
    private const int ThumbprintBytes = 8;

    private readonly CertificateStore? _store;

    /// <param name="store">The certificates; null without TLS at the server.</param>
    internal ClientCertificateAuthenticator(CertificateStore? store)
    {
        _store = store;
    }

    /// <summary>Whether certificates open tunnels here.</summary>
    public bool IsEnabled => _store?.Current.Clients is not null;

    /// <summary>
    /// Who the certificate of the connection belongs to, named <c>cert:NAME/THUMBPRINT</c>; null when it opens no tunnels,
    /// and <paramref name="problem"/> says why.
    /// </summary>
    public Identity? Authenticate(X509Certificate2? certificate, out ClientCertificateProblem problem)
    {
        problem = ClientCertificateProblem.Missing;
        if (_store?.Current.Clients is not { } authorities || certificate is null)
        {
            return null;
        }

        using var chain = new X509Chain { ChainPolicy = authorities.Policy(ofClients: true) };
        bool valid = chain.Build(certificate);
        problem = valid ? ClientCertificateProblem.None : ProblemOf(chain);
        foreach (X509ChainElement element in chain.ChainElements)
        {
            element.Certificate.Dispose();
        }

        return valid ? new Identity(NameOf(certificate), Grants.All) : null;
    }

    internal static ClientCertificateProblem ProblemOf(X509Chain chain)
    {
        X509ChainStatusFlags status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, s) => all | s.Status);
        return (status & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid)) != 0 ? ClientCertificateProblem.Foreign
            : (status & X509ChainStatusFlags.NotTimeValid) != 0 ? ClientCertificateProblem.Expired
            : ClientCertificateProblem.Purpose;
    }

    private static string NameOf(X509Certificate2 certificate)
    {
        string name = Printable.Clean(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
        byte[] thumbprint = SHA256.HashData(certificate.RawDataMemory.Span);
        return $"cert:{name}/{Convert.ToHexStringLower(thumbprint.AsSpan(0, ThumbprintBytes))}";
    }
}

/// <summary>Why a client certificate does not open tunnels.</summary>
public enum ClientCertificateProblem
{
    /// <summary>It does.</summary>
    None,

    /// <summary>The connection brought none.</summary>
    Missing,

    /// <summary>It is not issued by the configured CA.</summary>
    Foreign,

    /// <summary>It is not valid now.</summary>
    Expired,

    /// <summary>It is not for clients, or breaks another rule of certificates.</summary>
    Purpose,
}
