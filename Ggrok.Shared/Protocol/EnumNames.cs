using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ggrok.Shared.Protocol;

/// <summary>
/// Names of enum members as they travel: exactly the declared names. Numbers and lists, which the framework's parser also
/// takes, are none, and a name of a later version is the member with the value zero.
/// </summary>
internal static class EnumNames<T>
    where T : struct, Enum
{
    private static readonly FrozenDictionary<string, T> ByName =
        Enum.GetValues<T>().ToFrozenDictionary(value => value.ToString(), StringComparer.Ordinal);

    public static T Parse(string? name) => Find(name) ?? default;

    public static T? Find(string? name) => name is not null && ByName.TryGetValue(name, out T value) ? value : null;
}

/// <summary>Reads and writes an enum as its name; a name that this version does not know is the member with the value zero.</summary>
internal sealed class EnumNameConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? EnumNames<T>.Parse(reader.GetString()) : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
