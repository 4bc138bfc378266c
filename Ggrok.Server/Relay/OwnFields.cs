using Ggrok.Server.Visitors;

namespace Ggrok.Server.Relay;

/// <summary>Fields of requests that the server alone may set: what a visitor claims there is not passed on, on any tunnel.</summary>
internal static class OwnFields
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase) { "Host", "Forwarded", VisitorHeaders.RequestId, VisitorHeaders.DeliveryId, VisitorHeaders.Received, VisitorHeaders.Attempt };

    private static readonly string[] Prefixes = ["X-Forwarded-", "X-Ggrok-", "Client-Cert", "X-Client-Cert"];

    /// <summary>Whether a field is one of them, also in spellings that CGI-like services take for the same (RFC 3875 section 4.1.18).</summary>
    public static bool Has(string name)
    {
        // Nearly every name of a request begins with another letter, or is a short one.
        if (name.Length < 4 || (name[0] | 0x20) is not ('x' or 'h' or 'f' or 'c' or 'g'))
        {
            return false;
        }

        string plain = name.Contains('_', StringComparison.Ordinal) ? name.Replace('_', '-') : name;
        if (Names.Contains(plain))
        {
            return true;
        }

        foreach (string prefix in Prefixes)
        {
            if (plain.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
