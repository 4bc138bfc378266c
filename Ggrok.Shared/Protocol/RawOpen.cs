using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ggrok.Shared.Protocol;

/// <summary>
/// Opens a raw connection: payload of <see cref="FrameKind.Open"/>. The server names the tunnel by its index, a client
/// that connects to a private name names that.
/// </summary>
/// <param name="Id">Correlation id, for logs.</param>
/// <param name="Kind">Kind of the connection, in lower case: <c>tcp</c>, <c>udp</c> or <c>tls</c>.</param>
/// <param name="Tunnel">Index of the tunnel in the order of Hello.</param>
/// <param name="Name">Private name that a client wants to reach, else null.</param>
/// <param name="Remote">Address of the peer that connected, as text.</param>
/// <param name="RemotePort">Its port.</param>
/// <param name="Local">Address that it connected to, or null when that is not known.</param>
/// <param name="LocalPort">The port that it connected to.</param>
public sealed record RawOpen(
    string Id,
    string Kind,
    int Tunnel = 0,
    string? Name = null,
    string? Remote = null,
    int RemotePort = 0,
    string? Local = null,
    int LocalPort = 0)
{
    private const int LongestText = 256;

    /// <summary>The payload of the frame.</summary>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, RawOpenJson.Default.RawOpen);

    /// <summary>Reads the payload of a frame.</summary>
    /// <exception cref="ProtocolViolationException">The payload is no valid envelope.</exception>
    public static RawOpen Decode(ReadOnlySpan<byte> payload)
    {
        RawOpen open = HandshakeCodec.DecodePayload(payload, RawOpenJson.Default.RawOpen);
        bool fits = open.Tunnel >= 0
            && open.RemotePort is >= 0 and <= 65535
            && open.LocalPort is >= 0 and <= 65535
            && open.Id.Length is > 0 and <= LongestText && HeaderField.IsValue(open.Id)
            && (open.Remote?.Length ?? 0) <= LongestText
            && (open.Local?.Length ?? 0) <= LongestText
            && (open.Name?.Length ?? 0) <= LongestText;
        return fits ? open : throw new ProtocolViolationException(CloseReason.FrameMalformed);
    }
}

/// <summary>Source-generated JSON of <see cref="RawOpen"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = ProtocolLimits.MaxJsonDepth)]
[JsonSerializable(typeof(RawOpen))]
public sealed partial class RawOpenJson : JsonSerializerContext;
