using System.Text.Json;

namespace Ggrok.Shared.Webhooks;

/// <summary>Reads single strings of JSON that may be cut off or no JSON at all.</summary>
internal static class JsonPeek
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The string that an object has under a name, or under a name within a name; null when there is none.</summary>
    public static string? Find(ReadOnlySpan<byte> json, string name, string? inner = null)
    {
        // As if more were to come: what is cut off is no mistake.
        var reader = new Utf8JsonReader(json.StartsWith(ByteOrderMark) ? json[3..] : json, isFinalBlock: false, default);
        try
        {
            bool found = reader.Read() && FindMember(ref reader, name) && (inner is null || FindMember(ref reader, inner));
            return found && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter is for text that is not UTF-8.
            return null;
        }
    }

    private static bool FindMember(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool found = reader.ValueTextEquals(name);
            if (!reader.Read())
            {
                return false;
            }

            if (found)
            {
                return true;
            }

            if (!reader.TrySkip())
            {
                return false;
            }
        }

        return false;
    }
}
