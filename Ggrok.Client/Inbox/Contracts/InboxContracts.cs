using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inbox.Contracts;

/// <summary>A stored request, as its owner sees it.</summary>
/// <param name="Id">26 characters; see <see cref="InboxId"/>.</param>
/// <param name="Tunnel">Public name of its tunnel: host and path.</param>
/// <param name="Method">Its method.</param>
/// <param name="Target">Its raw target.</param>
/// <param name="Received">When it came.</param>
/// <param name="Bytes">Size of its body in bytes.</param>
/// <param name="State"><c>waiting</c> or <c>dead</c>.</param>
/// <param name="Attempts">How often its delivery has failed.</param>
/// <param name="NextAttempt">When it is tried again; null when it waits for nothing but its turn, or is dead.</param>
/// <param name="LastFailure">How the last attempt failed.</param>
/// <param name="Provider">Whose webhook it is, or null.</param>
/// <param name="ProviderId">The provider's own id of the delivery, or null.</param>
/// <param name="Remote">Address of the visitor, or null.</param>
internal record InboxItem(
    string Id,
    string Tunnel,
    string Method,
    string Target,
    DateTimeOffset Received,
    long Bytes,
    string State,
    int Attempts = 0,
    DateTimeOffset? NextAttempt = null,
    string? LastFailure = null,
    string? Provider = null,
    string? ProviderId = null,
    string? Remote = null)
{
    /// <summary>State of a request that is going to be delivered.</summary>
    public const string Waiting = "waiting";

    /// <summary>State of a request whose delivery failed as often as it may.</summary>
    public const string Dead = "dead";
}

/// <summary>A stored request with its head.</summary>
internal sealed record InboxItemDetails(
    string Id,
    string Tunnel,
    string Method,
    string Target,
    DateTimeOffset Received,
    long Bytes,
    string State,
    string Version,
    IReadOnlyList<string[]> Headers,
    int Attempts = 0,
    DateTimeOffset? NextAttempt = null,
    string? LastFailure = null,
    string? Provider = null,
    string? ProviderId = null,
    string? Remote = null)
    : InboxItem(Id, Tunnel, Method, Target, Received, Bytes, State, Attempts, NextAttempt, LastFailure, Provider, ProviderId, Remote);

/// <summary>A part of what is stored, in order of arrival.</summary>
/// <param name="Items">The requests.</param>
/// <param name="Next">What to ask for those behind them with; null when there are none.</param>
internal sealed record InboxPage(IReadOnlyList<InboxItem> Items, string? Next = null);

/// <summary>The inbox of one tunnel.</summary>
/// <param name="Tunnel">Public name of the tunnel.</param>
/// <param name="Waiting">Requests that are going to be delivered.</param>
/// <param name="Dead">Dead letters.</param>
/// <param name="Bytes">Size of all bodies in bytes.</param>
/// <param name="Oldest">When the oldest one came, or null.</param>
/// <param name="Away">No client has the tunnel open.</param>
/// <param name="Until">How long the name is kept while the client is away, or null.</param>
/// <param name="MaxRequests">How many requests it may hold.</param>
/// <param name="MaxBytes">How many bytes it may hold.</param>
/// <param name="MaxAgeSeconds">How old a request may become, in seconds.</param>
internal sealed record InboxTunnel(
    string Tunnel,
    int Waiting,
    int Dead,
    long Bytes,
    DateTimeOffset? Oldest = null,
    bool Away = false,
    DateTimeOffset? Until = null,
    int MaxRequests = 0,
    long MaxBytes = 0,
    long MaxAgeSeconds = 0);

/// <summary>The inboxes of one owner.</summary>
internal sealed record InboxTunnels(IReadOnlyList<InboxTunnel> Tunnels);

/// <summary>How many requests something was done with.</summary>
internal sealed record InboxCount(int Count);

/// <summary>Source-generated JSON of the inbox.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, MaxDepth = ProtocolLimits.MaxJsonDepth)]
[JsonSerializable(typeof(InboxPage))]
[JsonSerializable(typeof(InboxItemDetails))]
[JsonSerializable(typeof(InboxItem))]
[JsonSerializable(typeof(InboxTunnels))]
[JsonSerializable(typeof(InboxTunnel))]
[JsonSerializable(typeof(InboxCount))]
internal sealed partial class InboxJson : JsonSerializerContext
{
    /// <summary>As it is written for people's programs: never part of HTML, so every letter stays as it is.</summary>
    public static InboxJson Relaxed { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
