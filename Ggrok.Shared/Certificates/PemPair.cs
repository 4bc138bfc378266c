using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ggrok.Shared.Certificates;

/// <summary>A certificate with its private key and the chain that is sent along.</summary>
public sealed class PemPair
{
    private PemPair(X509Certificate2 certificate, X509Certificate2Collection chain)
    {
        Certificate = certificate;
        Chain = chain;
    }

    /// <summary>The certificate, with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The certificates that lead from it to a CA, as the file has them.</summary>
    public X509Certificate2Collection Chain { get; }

    /// <summary>Reads a certificate, followed by its chain, and its key.</summary>
    /// <param name="certificatePath">PEM file of the certificate.</param>
    /// <param name="keyPath">PEM file of the key; null when <paramref name="certificatePath"/> holds it too.</param>
    /// <exception cref="PemException">A file is missing, broken or encrypted, or the key is another's.</exception>
    public static PemPair Load(string certificatePath, string? keyPath)
    {
        PemFile file = PemFile.Read(certificatePath);
        X509Certificate2Collection all = file.Certificates();
        X509Certificate2 certificate = WithKey(file, all[0], keyPath is null ? file : PemFile.Read(keyPath));
        all[0].Dispose();
        all.RemoveAt(0);
        return new PemPair(certificate, all);
    }

    private static X509Certificate2 WithKey(PemFile file, X509Certificate2 first, PemFile keyFile)
    {
        if (keyFile.HasEncryptedKey)
        {
            throw new PemException($"The key in {keyFile.Path} is encrypted; decrypt it with: openssl pkey -in {keyFile.Path} -out plain.key");
        }

        if (!keyFile.HasKey)
        {
            throw new PemException(ReferenceEquals(file, keyFile)
                ? $"{file.Path} holds no private key; name the file of the key, too."
                : $"{keyFile.Path} holds no private key; a PEM file of a key has a block that begins with -----BEGIN PRIVATE KEY-----.");
        }

        try
        {
            return Usable(X509Certificate2.CreateFromPem(file.Text, keyFile.Text));
        }
        catch (ArgumentException)
        {
            throw new PemException($"{NotFitting(file, first, keyFile)}.");
        }
        catch (CryptographicException e)
        {
            throw new PemException($"{NotFitting(file, first, keyFile)}: {e.Message}");
        }
    }

    private static string NotFitting(PemFile file, X509Certificate2 certificate, PemFile keyFile) =>
        $"The key in {keyFile.Path} does not fit the certificate of {certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)} in {file.Path}";

    // Windows does not let TLS use a key that lives in memory only.
    private static X509Certificate2 Usable(X509Certificate2 pair) => OperatingSystem.IsWindows()
        ? X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), password: null)
        : pair;
}
