using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Client.Cli;
using Ggrok.Client.Configuration;
using Ggrok.Shared.Certificates;

namespace Ggrok.Client.Certificates;

/// <summary>A folder with a CA and what it issued: <c>NAME.crt</c> and, readable by the owner only, <c>NAME.key</c>.</summary>
internal sealed class CertificateFolder(string folder, TimeProvider time)
{
    /// <summary>File name of the CA, without its ending.</summary>
    public const string AuthorityName = "ca";

    /// <summary>Full path of a certificate.</summary>
    public string CertificatePath(string name) => Path.GetFullPath(Path.Combine(folder, name + ".crt"));

    /// <summary>Full path of a key.</summary>
    public string KeyPath(string name) => Path.GetFullPath(Path.Combine(folder, name + ".key"));

    /// <summary>Refuses what would overwrite something.</summary>
    /// <exception cref="UsageException">One of the files is there.</exception>
    public void RefuseExisting(string name)
    {
        string? there = Array.Find([CertificatePath(name), KeyPath(name)], Path.Exists);
        if (there is not null)
        {
            throw new UsageException($"{there} is there already; overwrite it with --force, or write elsewhere with --out.");
        }
    }

    /// <summary>The CA of the folder; null when there is none.</summary>
    /// <exception cref="UsageException">There is something that is no CA which could be used.</exception>
    public Issuer? FindAuthority()
    {
        string certificate = CertificatePath(AuthorityName);
        string key = KeyPath(AuthorityName);
        if (!File.Exists(certificate) && !File.Exists(key))
        {
            return null;
        }

        if (!File.Exists(certificate) || !File.Exists(key))
        {
            (string there, string missing) = File.Exists(certificate) ? (certificate, key) : (key, certificate);
            throw new UsageException($"{there} is there, but {missing} is not; bring it back, or move the other away for a new CA.");
        }

        try
        {
            X509Certificate2 authority = PemPair.Load(certificate, key).Certificate;
            return Checked(authority, certificate);
        }
        catch (PemException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>Writes a certificate and its key, each in one step: a server that reads them sees the old or the new file.</summary>
    /// <exception cref="UsageException">The folder cannot be written.</exception>
    public void Write(string name, X509Certificate2 certificate, AsymmetricAlgorithm key)
    {
        try
        {
            Directory.CreateDirectory(folder);
            Publish(KeyPath(name), key.ExportPkcs8PrivateKeyPem(), isPrivate: true);
            Publish(CertificatePath(name), certificate.ExportCertificatePem(), isPrivate: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{Path.GetFullPath(folder)} cannot be written: {e.Message}");
        }
    }

    private Issuer Checked(X509Certificate2 authority, string path)
    {
        bool isAuthority = authority.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is { CertificateAuthority: true };
        if (!isAuthority)
        {
            throw new UsageException($"{path} is no CA; move it away for a new one, or choose another folder with --out.");
        }

        bool canSign = authority.GetKeyAlgorithm() is "1.2.840.10045.2.1" or "1.2.840.113549.1.1.1";
        if (!canSign)
        {
            throw new UsageException($"The key of {path} is neither ECDSA nor RSA; choose another folder with --out for a new CA.");
        }

        return authority.NotAfter.ToUniversalTime() > time.GetUtcNow().UtcDateTime
            ? new Issuer(authority, time)
            : throw new UsageException($"The CA in {path} has expired; move it away for a new one, which clients must be given again.");
    }

    private static void Publish(string path, string text, bool isPrivate)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        using (var writer = new StreamWriter(isPrivate ? PrivateFile.Create(temporary, FileMode.CreateNew) : new FileStream(temporary, FileMode.CreateNew)))
        {
            writer.WriteLine(text);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
