using Ggrok.Shared.Certificates;

namespace Ggrok.Shared.Edge.Certificate;

/// <summary>Whose client certificates let visitors pass.</summary>
public static class CertificateOptions
{
    /// <summary>Key of this policy.</summary>
    public const string Key = "client-ca";

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(Key, "FILE", "Let only visitors pass whose client certificate a CA of this PEM file issued.", v => Parse(v[^1])) { Form = PolicyForm.File },
    ];

    /// <summary>Reads the contents of the file.</summary>
    /// <exception cref="FormatException">It holds no certificate of a CA.</exception>
    public static PemAuthorities Parse(string text)
    {
        try
        {
            return PemAuthorities.Parse("the file", text);
        }
        catch (PemException e)
        {
            throw new FormatException(e.Message, e);
        }
    }
}
