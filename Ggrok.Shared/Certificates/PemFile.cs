using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ggrok.Shared.Certificates;

/// <summary>A file of textual encodings of certificates and keys (RFC 7468).</summary>
internal sealed class PemFile
{
    private const string CertificateLabel = "CERTIFICATE";
    private const string EncryptedLabel = "ENCRYPTED PRIVATE KEY";
    private const string KeyLabelEnd = "PRIVATE KEY";

    // What OpenSSL writes into the head of an encrypted key of the older form.
    private const string EncryptedHeader = "Proc-Type: 4,ENCRYPTED";

    // A bundle of all public CAs has a quarter of a million bytes.
    private const int LargestBytes = 4 * 1024 * 1024;

    private readonly string _text;
    private readonly string[] _labels;

    private PemFile(string path, string text)
    {
        Path = path;
        _text = text;
        _labels = [.. Labels(text)];
    }

    public string Path { get; }

    public bool HasCertificate => Array.Exists(_labels, l => l == CertificateLabel);

    public bool HasKey => Array.Exists(_labels, l => l.EndsWith(KeyLabelEnd, StringComparison.Ordinal));

    public bool HasEncryptedKey => Array.Exists(_labels, l => l == EncryptedLabel) || _text.Contains(EncryptedHeader, StringComparison.Ordinal);

    public ReadOnlySpan<char> Text => _text;

    /// <summary>A file whose contents are known.</summary>
    public static PemFile Of(string name, string text) => new(name, text);

    /// <exception cref="PemException">The file cannot be read.</exception>
    public static PemFile Read(string path)
    {
        try
        {
            return new FileInfo(path).Length > LargestBytes
                ? throw new PemException($"{path} is too large to be a PEM file; name the file of the certificate or key.")
                : new PemFile(path, File.ReadAllText(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PemException($"There is no file {path}; write the path of a PEM file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new PemException($"{path} cannot be read: {e.Message}");
        }
    }

    /// <summary>Every certificate, in the order of the file.</summary>
    /// <exception cref="PemException">There is none, or one is broken.</exception>
    public X509Certificate2Collection Certificates()
    {
        if (!HasCertificate)
        {
            throw new PemException(_text.Contains('\0', StringComparison.Ordinal)
                ? $"{Path} is no PEM file; convert it with: openssl x509 -inform der -in {Path} -out cert.pem"
                : $"{Path} holds no certificate; a PEM file has a block that begins with -----BEGIN CERTIFICATE-----.");
        }

        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(_text);
            return certificates;
        }
        catch (CryptographicException e)
        {
            throw new PemException($"A certificate in {Path} is broken: {e.Message}");
        }
    }

    private static IEnumerable<string> Labels(string text)
    {
        var labels = new List<string>();
        ReadOnlySpan<char> rest = text;
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            labels.Add(rest[fields.Label].ToString());
            rest = rest[fields.Location.End..];
        }

        return labels;
    }
}
