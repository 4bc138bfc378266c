using System.Net;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Tokens;

/// <summary>What a server answers to somebody who wants to register, before any handshake.</summary>
internal sealed record Knock(HttpStatusCode Status, string? Error, TimeSpan? RetryAfter, string Text)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = Within.Limit };

    /// <param name="server">The server.</param>
    /// <param name="token">The token; null for none.</param>
    /// <param name="from">Address that a trusted proxy would have seen; null without a proxy.</param>
    public static async Task<Knock> AtAsync(RunningServer server, string? token, string? from = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, ProtocolLimits.Path));
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        request.Headers.Add("Sec-WebSocket-Protocol", ProtocolLimits.SubProtocol);
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        }

        if (from is not null)
        {
            request.Headers.Add("X-Forwarded-For", from);
        }

        using HttpResponseMessage response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        string text = response.StatusCode == HttpStatusCode.SwitchingProtocols ? "" : await response.Content.ReadAsStringAsync();
        string? error = response.Headers.TryGetValues("X-Ggrok-Error", out IEnumerable<string>? values) ? values.Single() : null;
        return new Knock(response.StatusCode, error, response.Headers.RetryAfter?.Delta, text);
    }
}
