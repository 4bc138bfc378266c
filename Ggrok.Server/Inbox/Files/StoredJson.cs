using System.Text.Json.Serialization;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Tunnels;

namespace Ggrok.Server.Inbox.Files;

/// <summary>What stands in front of the body in the file of an item.</summary>
/// <param name="Item">What is known of it.</param>
/// <param name="Request">Its head.</param>
/// <param name="BodyHash">SHA-256 of the body, in hexadecimal.</param>
internal sealed record StoredHead(InboxItem Item, InboxRequest Request, string BodyHash);

/// <summary>What may change of an item, in a file beside it.</summary>
internal sealed record StoredState(string Place, bool IsDead, int Attempts, DateTimeOffset? NextAttempt, string? LastFailure);

/// <summary>Source-generated JSON of what is stored.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(StoredHead))]
[JsonSerializable(typeof(StoredState))]
[JsonSerializable(typeof(InboxTunnel))]
[JsonSerializable(typeof(InboxRequest))]
internal sealed partial class StoredJson : JsonSerializerContext;
