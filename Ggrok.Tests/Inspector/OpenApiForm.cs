using System.Text.Json;

namespace Ggrok.Tests.Inspector;

/// <summary>Compares JSON with what an OpenAPI document says of it.</summary>
internal static class OpenApiForm
{
    /// <summary>The schema of an answer.</summary>
    public static JsonElement Answer(JsonElement document, string path, string method, string status) =>
        document.GetProperty("paths").GetProperty(path).GetProperty(method).GetProperty("responses").GetProperty(status)
            .GetProperty("content").GetProperty("application/json").GetProperty("schema");

    public static IEnumerable<(string Path, HttpMethod Method, JsonElement Operation)> Operations(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (path.Name, new HttpMethod(operation.Name.ToUpperInvariant()), operation.Value);

    public static void Check(JsonElement value, JsonElement schema, JsonElement document, string at)
    {
        if (schema.TryGetProperty("$ref", out JsonElement reference))
        {
            Check(value, document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]), document, at);
            return;
        }

        if (schema.TryGetProperty("oneOf", out JsonElement choices))
        {
            if (value.ValueKind != JsonValueKind.Null)
            {
                Check(value, choices[0], document, at);
            }

            return;
        }

        string[] types = !schema.TryGetProperty("type", out JsonElement type) ? []
            : type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(t => t.GetString()!)] : [type.GetString()!];
        types.ShouldContain(
            value.ValueKind switch
            {
                JsonValueKind.Object => "object",
                JsonValueKind.Array => "array",
                JsonValueKind.String => "string",
                JsonValueKind.Number => types.Contains("integer") && value.TryGetInt64(out _) ? "integer" : "number",
                JsonValueKind.Null => "null",
                _ => "boolean",
            },
            at);
        if (schema.TryGetProperty("enum", out JsonElement values))
        {
            values.EnumerateArray().Select(v => v.ToString()).ShouldContain(value.ToString(), at);
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in value.EnumerateArray())
            {
                Check(item, schema.GetProperty("items"), document, at + "[]");
            }
        }
        else if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out JsonElement properties))
        {
            foreach (JsonProperty property in value.EnumerateObject())
            {
                properties.TryGetProperty(property.Name, out JsonElement described).ShouldBeTrue($"{at}.{property.Name} is not described");
                Check(property.Value, described, document, $"{at}.{property.Name}");
            }

            foreach (JsonElement required in schema.TryGetProperty("required", out JsonElement list) ? list.EnumerateArray() : default)
            {
                value.TryGetProperty(required.GetString()!, out _).ShouldBeTrue($"{at}.{required.GetString()} is missing");
            }
        }
    }
}
