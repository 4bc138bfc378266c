using System.Text.Json.Serialization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Sharing;

/// <summary>What a client asks for who shares its tunnel.</summary>
/// <param name="Origin">Scheme and authority that the client uses for the server: the link shares its scheme and port.</param>
/// <param name="Seconds">How long the link is good.</param>
/// <param name="Uses">How often.</param>
/// <param name="Tunnel">Public URL, host with path, or name of the tunnel; null for the only one.</param>
/// <param name="Path">Where visitors land; null for the tunnel's own path.</param>
public sealed record ShareOrder(string Origin, long Seconds, int Uses, string? Tunnel = null, string? Path = null);

/// <summary>A share link, as its owner sees it.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Tunnel">Public name of the tunnel.</param>
/// <param name="Path">Where visitors land.</param>
/// <param name="Expires">Until when it is good.</param>
/// <param name="Uses">How often it could be used.</param>
/// <param name="UsesLeft">How often it still can.</param>
/// <param name="Url">The link itself, told once: when it is made.</param>
public sealed record ShareLinkInfo(string Id, string Tunnel, string Path, DateTimeOffset Expires, int Uses, int UsesLeft, string? Url = null);

/// <summary>Why nothing came of it.</summary>
/// <param name="Message">One sentence that says what to do.</param>
public sealed record ShareRefusal(string Message);

/// <summary>Source-generated JSON of share links.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = ProtocolLimits.MaxJsonDepth)]
[JsonSerializable(typeof(ShareOrder))]
[JsonSerializable(typeof(ShareLinkInfo))]
[JsonSerializable(typeof(ShareLinkInfo[]))]
[JsonSerializable(typeof(ShareRefusal))]
public sealed partial class ShareJson : JsonSerializerContext;
