using System.Net.WebSockets;

namespace Ggrok.Client.Connection;

/// <summary>What came back for the upgrade to a WebSocket.</summary>
/// <param name="Status">Status of the answer; 0 when there was none.</param>
/// <param name="GgrokError">The refusal's name, which a Ggrok server alone gives; else null.</param>
internal sealed record UpgradeAnswer(int Status, string? GgrokError)
{
    public static UpgradeAnswer Of(ClientWebSocket socket) => new((int)socket.HttpStatusCode, ValuesOf(socket, "X-Ggrok-Error").FirstOrDefault());

    /// <summary>The values of a field of the answer.</summary>
    public static IEnumerable<string> ValuesOf(ClientWebSocket socket, string name) =>
        socket.HttpResponseHeaders?.FirstOrDefault(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value ?? [];
}
