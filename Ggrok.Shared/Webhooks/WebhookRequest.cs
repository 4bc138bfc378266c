using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Webhooks;

/// <summary>A request as its provider signed it.</summary>
/// <param name="Headers">Its field lines.</param>
/// <param name="Body">Its body, byte for byte as it travelled.</param>
/// <param name="IsWhole">Whether <paramref name="Body"/> is all of it.</param>
/// <param name="Url">The URL that the provider was given, query included. Twilio signs it.</param>
public sealed record WebhookRequest(IReadOnlyList<HeaderField> Headers, ReadOnlyMemory<byte> Body, bool IsWhole, string Url);
