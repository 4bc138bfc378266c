using System.Net.Http.Headers;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Sharing;

namespace Ggrok.Client.Sharing;

/// <summary>Asks the server for share links of this installation's tunnels.</summary>
/// <param name="options">Server, token, identity and trust.</param>
/// <exception cref="Ggrok.Shared.Certificates.PemException">A file cannot be used.</exception>
internal sealed class ShareClient(TunnelClientOptions options) : IDisposable
{
    private const string Path = ProtocolLimits.Path + "/share/links";

    private readonly ServerApi _api = new(options, "share links");

    /// <summary>Makes a link.</summary>
    /// <exception cref="ServerApiException">The server refuses, or cannot be asked.</exception>
    public async Task<ShareLinkInfo> AddAsync(ShareOrder order, CancellationToken stop)
    {
        // With a length: that is all that the server reads.
        using var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(order, ShareJson.Default.ShareOrder));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await _api.GetAsync(HttpMethod.Post, Path, ShareJson.Default.ShareLinkInfo, stop, body).ConfigureAwait(false);
    }

    /// <summary>The links that are good.</summary>
    /// <exception cref="ServerApiException">The server refuses, or cannot be asked.</exception>
    public async Task<ShareLinkInfo[]> ListAsync(CancellationToken stop) =>
        await _api.AskAsync(HttpMethod.Get, Path, ShareJson.Default.ShareLinkInfoArray, stop).ConfigureAwait(false) ?? [];

    /// <summary>Ends a link, and what it gave.</summary>
    /// <exception cref="ServerApiException">There is none with this id, or the server cannot be asked.</exception>
    public Task RevokeAsync(string id, CancellationToken stop) =>
        _api.AskAsync(HttpMethod.Delete, $"{Path}/{Uri.EscapeDataString(id)}", ShareJson.Default.ShareRefusal, stop);

    public void Dispose() => _api.Dispose();
}
