using System.Net;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Client.Cli;

namespace Ggrok.Client.Certificates;

/// <summary>What a server certificate is made out to: DNS names, wildcards of one label, addresses.</summary>
internal sealed class CertificateNames
{
    private const int LongestName = 253;
    private const int LongestLabel = 63;
    private const string Wildcard = "*.";

    private readonly List<string> _names = [];

    /// <exception cref="UsageException">One is neither a name nor an address.</exception>
    public CertificateNames(IEnumerable<string> texts)
    {
        foreach (string name in texts.Select(Parse).Where(n => !_names.Contains(n)))
        {
            _names.Add(name);
        }
    }

    /// <summary>Every name once, in the order given.</summary>
    public IReadOnlyList<string> All => _names;

    /// <summary>A name that one can connect to.</summary>
    public string Reachable
    {
        get
        {
            string name = _names.Find(n => !n.StartsWith(Wildcard, StringComparison.Ordinal)) ?? "app." + _names[0][Wildcard.Length..];
            return IPAddress.TryParse(name, out _) && name.Contains(':', StringComparison.Ordinal) ? $"[{name}]" : name;
        }
    }

    /// <summary>The first name as the name of a file on every system.</summary>
    public string FileName => _names[0].Replace("*", "_wildcard", StringComparison.Ordinal).Replace(':', '-');

    /// <summary>The extension that carries them (RFC 5280 section 4.2.1.6).</summary>
    public X509Extension ToExtension()
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (string name in _names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                builder.AddIpAddress(address);
            }
            else
            {
                builder.AddDnsName(name);
            }
        }

        return builder.Build();
    }

    private static string Parse(string text)
    {
        string trimmed = text.Trim();
        string bare = trimmed.StartsWith('[') && trimmed.EndsWith(']') ? trimmed[1..^1] : trimmed;
        bool looksLikeAddress = bare.Contains(':', StringComparison.Ordinal) || bare.AsSpan().IndexOfAnyExcept("0123456789.") < 0;
        if (looksLikeAddress)
        {
            // A number alone would be understood as an address, too.
            return IPAddress.TryParse(bare, out IPAddress? address) && (bare.Contains(':', StringComparison.Ordinal) || bare.Count(c => c == '.') == 3)
                ? new IPAddress(address.GetAddressBytes()).ToString()
                : throw Wrong(text);
        }

        bool isWildcard = trimmed.StartsWith(Wildcard, StringComparison.Ordinal);
        string name = isWildcard ? trimmed[Wildcard.Length..] : trimmed;
        string plain;
        try
        {
            plain = PublicName.Host(name);
        }
        catch (UsageException)
        {
            throw Wrong(text);
        }

        bool fits = plain.Length <= LongestName && plain.Split('.').All(IsLabel);
        return fits ? (isWildcard ? Wildcard : "") + plain : throw Wrong(text);
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= LongestLabel && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && label[0] != '-' && label[^1] != '-';

    private static UsageException Wrong(string text) => new(
        $"{text.Quoted()} is neither a name nor an address; write it like tunnel.lan, *.tunnel.lan, 192.168.1.5 or fd00::5, without scheme and port.");
}
