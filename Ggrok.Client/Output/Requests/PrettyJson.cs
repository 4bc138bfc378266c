using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ggrok.Client.Output.Requests;

/// <summary>JSON with a line for each value; numbers and names stay as they were written.</summary>
internal static class PrettyJson
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The same JSON in several lines; null when the text is none.</summary>
    public static string? Of(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            using var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer, Indented))
            {
                document.RootElement.WriteTo(writer);
            }

            return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
