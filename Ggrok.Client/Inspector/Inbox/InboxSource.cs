using Ggrok.Client.Connection;
using Ggrok.Client.Inbox;
using Ggrok.Shared.Certificates;

namespace Ggrok.Client.Inspector.Inbox;

/// <summary>Asks the server about inboxes for the pages that look, one question after the other, over a connection that is kept.</summary>
/// <param name="options">Server, token, identity and trust of the client.</param>
internal sealed class InboxSource(TunnelClientOptions options) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private InboxClient? _client;

    /// <summary>Asks something.</summary>
    /// <exception cref="ServerApiException">The server refuses, or cannot be asked.</exception>
    /// <exception cref="OperationCanceledException">Whoever asked is gone.</exception>
    public async Task<T> AskAsync<T>(Func<InboxClient, Task<T>> ask, CancellationToken gone)
    {
        await _turn.WaitAsync(gone).ConfigureAwait(false);
        try
        {
            _client ??= new InboxClient(options);
            return await ask(_client).ConfigureAwait(false);
        }
        catch (ServerApiException e) when (e.Status == 0)
        {
            // Its certificates are read anew next time.
            _client?.Dispose();
            _client = null;
            throw;
        }
        catch (PemException e)
        {
            throw new ServerApiException(ExitCode.Failed, e.Message);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client?.Dispose();
}
