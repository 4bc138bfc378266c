using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Certificate;

/// <summary>What the local service learns about a visitor's client certificate.</summary>
internal static class ClientCertificateFields
{
    /// <summary>The certificate itself (RFC 9440 section 2.2).</summary>
    public const string Certificate = "Client-Cert";

    /// <summary>Its subject (RFC 4514).</summary>
    public const string Subject = "X-Client-Cert-Subject";

    /// <summary>SHA-256 of it.</summary>
    public const string Fingerprint = "X-Client-Cert-Fingerprint";

    /// <summary>Removes what a visitor says itself (RFC 9440 section 4), also in spellings that CGI-like services take for the same.</summary>
    public static void RemoveFrom(List<HeaderField> headers) => headers.RemoveAll(static h =>
    {
        string name = h.Name.Replace('_', '-');
        return name.StartsWith(Certificate, StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Client-Cert", StringComparison.OrdinalIgnoreCase);
    });

    /// <summary>Adds them.</summary>
    public static void AddTo(List<HeaderField> headers, X509Certificate2 certificate)
    {
        headers.Add(new(Certificate, $":{Convert.ToBase64String(certificate.RawDataMemory.Span)}:"));
        headers.Add(new(Subject, Printed(certificate.Subject)));
        headers.Add(new(Fingerprint, Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span))));
    }

    // A field is ASCII; everything else, and what could break the line, becomes percent signs and digits.
    private static string Printed(string subject)
    {
        var text = new StringBuilder(subject.Length);
        foreach (byte b in Encoding.UTF8.GetBytes(subject))
        {
            if (b is >= 0x20 and < 0x7F and not (byte)'%')
            {
                text.Append((char)b);
            }
            else
            {
                text.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }
}
