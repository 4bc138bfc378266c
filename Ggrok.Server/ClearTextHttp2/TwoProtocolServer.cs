using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Ggrok.Server.ClearTextHttp2;

/// <summary>
/// The server with its listening addresses, and beside it one without any that speaks HTTP/2 on the connections which
/// the first hands over. Both run the same application.
/// </summary>
internal sealed class TwoProtocolServer(IServer listening, KestrelServer http2) : IServer
{
    /// <inheritdoc/>
    public IFeatureCollection Features => listening.Features;

    /// <inheritdoc/>
    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        await http2.StartAsync(application, cancellationToken).ConfigureAwait(false);
        await listening.StartAsync(application, cancellationToken).ConfigureAwait(false);
    }

    // At once: a connection that was handed over ends at both or at none.
    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(listening.StopAsync(cancellationToken), http2.StopAsync(cancellationToken));

    /// <inheritdoc/>
    public void Dispose() => http2.Dispose();
}
