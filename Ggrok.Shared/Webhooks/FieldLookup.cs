using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Webhooks;

/// <summary>Finds fields by name.</summary>
internal static class FieldLookup
{
    /// <summary>Value of the first field of that name, or null.</summary>
    public static string? Find(this IReadOnlyList<HeaderField> headers, string name)
    {
        for (int i = 0; i < headers.Count; i++)
        {
            if (headers[i].Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return headers[i].Value;
            }
        }

        return null;
    }

    /// <summary>Whether the body is a form (<c>application/x-www-form-urlencoded</c>).</summary>
    public static bool HasForm(this IReadOnlyList<HeaderField> headers) =>
        headers.Find("Content-Type")?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) == true;
}
