using System.Text.Json.Serialization;

namespace Ggrok.Server.Tokens.Store;

/// <summary>The token store as JSON.</summary>
/// <param name="Version">Version of this form.</param>
/// <param name="Tokens">The tokens.</param>
internal sealed record StoredTokens(int Version, IReadOnlyList<StoredToken> Tokens)
{
    public const int CurrentVersion = 1;

    public static readonly StoredTokens Empty = new(CurrentVersion, []);
}

/// <summary>One token of the store.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Hash">Hash of its secret: <c>sha256:</c> and hexadecimal digits.</param>
/// <param name="Grants">What it allows, as words; empty for everything.</param>
/// <param name="Created">When it was made.</param>
internal sealed record StoredToken(string Name, string Hash, string Grants, DateTimeOffset Created);

/// <summary>Source-generated JSON of the token store.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 8,
    WriteIndented = true)]
[JsonSerializable(typeof(StoredTokens))]
internal sealed partial class StoreJson : JsonSerializerContext;
