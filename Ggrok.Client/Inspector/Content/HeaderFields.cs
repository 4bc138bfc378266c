using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Content;

/// <summary>What fields say of the content (RFC 9110 section 8).</summary>
internal static class HeaderFields
{
    /// <summary>Value of the first field of that name, or null.</summary>
    public static string? ValueOf(this IReadOnlyList<HeaderField> fields, string name)
    {
        foreach (HeaderField field in fields)
        {
            if (field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return field.Value;
            }
        }

        return null;
    }

    /// <summary>Members of a comma-separated list, lower case, over all fields of that name.</summary>
    public static List<string> ListOf(this IReadOnlyList<HeaderField> fields, string name)
    {
        var members = new List<string>();
        foreach (HeaderField field in fields.Where(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            members.AddRange(field.Value.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        }

        return members;
    }

    /// <summary>The media type in lower case without parameters; empty when none is said.</summary>
    public static string MediaType(this IReadOnlyList<HeaderField> fields)
    {
        string type = fields.ValueOf("Content-Type") ?? "";
        int end = type.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? type : type[..end]).Trim().ToLowerInvariant();
    }
}
