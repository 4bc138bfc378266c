using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ggrok.Client.Cli.Inbox;

/// <summary>What became of a stored request that was to be fetched.</summary>
/// <param name="Id">Its id.</param>
/// <param name="File">Its file; null without one.</param>
/// <param name="Result"><c>written</c>, <c>wasThere</c>, <c>differs</c>, <c>gone</c> or <c>failed</c>.</param>
/// <param name="Dropped">It was dropped at the server.</param>
internal sealed record PullLine(string Id, string? File, string Result, bool Dropped);

/// <summary>What became of a request out of a file.</summary>
/// <param name="File">The file.</param>
/// <param name="DeliveryId">Id of the stored request that it is a copy of, or null.</param>
/// <param name="Method">Its method.</param>
/// <param name="Target">Its target.</param>
/// <param name="Status">Status of the answer; 0 without one.</param>
/// <param name="Error">Name of the failure, or null.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="RequestBytes">Size of its body in bytes.</param>
/// <param name="ResponseBytes">Size of the answer's body in bytes.</param>
internal sealed record PushLine(
    string File, string? DeliveryId, string Method, string Target, int Status, string? Error, double DurationMs, long RequestBytes, long ResponseBytes);

/// <summary>Source-generated JSON of what the commands about inboxes write themselves.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PullLine))]
[JsonSerializable(typeof(PushLine))]
internal sealed partial class InboxCommandJson : JsonSerializerContext
{
    /// <summary>As it is written for people's programs: never part of HTML, so every letter stays as it is.</summary>
    public static InboxCommandJson Relaxed { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
