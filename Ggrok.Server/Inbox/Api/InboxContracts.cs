using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ggrok.Server.Inbox.Items;

namespace Ggrok.Server.Inbox.Api;

/// <summary>A stored request, as the API shows it (docs/inbox.md).</summary>
internal record ItemInfo(
    string Id, string Tunnel, string Method, string Target, string Received, long Bytes, string State, int Attempts, string? NextAttempt,
    string? LastFailure, string? Provider, string? ProviderId, string? Remote)
{
    public static ItemInfo Of(InboxItem item) => new(
        item.Id, item.Tunnel, item.Method, item.Target, Rfc3339.Write(item.Received), item.BodyBytes, item.IsDead ? "dead" : "waiting", item.Attempts,
        item.NextAttempt is { } next ? Rfc3339.Write(next) : null, item.LastFailure, item.Provider, item.ProviderId, item.Remote);
}

/// <summary>A stored request with its head.</summary>
internal sealed record ItemDetails : ItemInfo
{
    public ItemDetails(InboxItem item, InboxRequest request)
        : base(Of(item))
    {
        Version = request.Version;
        Headers = request.Headers;
    }

    public string Version { get; }

    public IReadOnlyList<string[]> Headers { get; }
}

/// <summary>Some of the stored requests.</summary>
/// <param name="Items">In the order in which they came.</param>
/// <param name="Next">What to ask for to get those behind them; null when there are none.</param>
internal sealed record ItemPage(IReadOnlyList<ItemInfo> Items, string? Next);

/// <summary>How many stored requests something was done to.</summary>
internal sealed record ItemCount(int Count);

/// <summary>A tunnel with an inbox.</summary>
internal sealed record InboxTunnelInfo(
    string Tunnel, int Waiting, int Dead, long Bytes, string? Oldest, bool Away, string? Until, int MaxRequests, long MaxBytes, long MaxAgeSeconds);

/// <summary>The tunnels with an inbox.</summary>
internal sealed record InboxTunnelList(IReadOnlyList<InboxTunnelInfo> Tunnels);

/// <summary>Why a request of the API is refused.</summary>
internal sealed record InboxRefusal(string Message);

/// <summary>Source-generated JSON of the API; what is null is written, so that every answer has the same members.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ItemPage))]
[JsonSerializable(typeof(ItemDetails))]
[JsonSerializable(typeof(ItemInfo))]
[JsonSerializable(typeof(ItemCount))]
[JsonSerializable(typeof(InboxTunnelList))]
[JsonSerializable(typeof(InboxRefusal))]
internal sealed partial class InboxJson : JsonSerializerContext
{
    /// <summary>As it is written: never part of HTML, so every character stays as it is and takes no more room than it must.</summary>
    public static InboxJson Relaxed { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
