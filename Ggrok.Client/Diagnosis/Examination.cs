using System.Net;
using System.Net.WebSockets;
using Ggrok.Client.Connection;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Diagnosis;

/// <summary>What the checks have found so far, each for those after it.</summary>
/// <param name="local">The local service; null when none was given.</param>
internal sealed class Examination(LocalTunnel? local) : IAsyncDisposable
{
    /// <summary>Why nothing can be asked of a server.</summary>
    public const string NoServer = "which server is not known";

    private ServerProbe? _probe;

    /// <summary>The local service; null when none was given.</summary>
    public LocalTunnel? Local { get; } = local;

    /// <summary>The server and how to get there; null while the configuration cannot be used.</summary>
    public TunnelClientOptions? Options { get; set; }

    /// <summary>Addresses of the server, as DNS gave them.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; set; } = [];

    /// <summary>The proxies of the environment.</summary>
    public IWebProxy Proxies { get; init; } = HttpClient.DefaultProxy;

    /// <summary>The environment's proxy on the way to the server; null for none.</summary>
    public Uri? Proxy => Options is { Server: { IsLoopback: false } server }
        && Proxies.GetProxy(server) is { } proxy && proxy != server ? proxy : null;

    /// <summary>Whether a TCP connection was possible.</summary>
    public bool IsReached { get; set; }

    /// <summary>Whether TLS worked, or is not used.</summary>
    public bool IsSecured { get; set; }

    /// <summary>What answered over HTTP; null when nothing did.</summary>
    public ServerAnswer? Answer { get; set; }

    /// <summary>The socket on which a server let this client in; null when none did.</summary>
    public ClientWebSocket? Socket { get; set; }

    /// <summary>How the server refused the upgrade to a WebSocket, where it was the one that did.</summary>
    public DialException? Refusal { get; set; }

    /// <summary>What the server granted; null when there is no session.</summary>
    public Welcome? Welcome { get; set; }

    /// <summary>HTTP to the server, on one connection.</summary>
    /// <exception cref="Ggrok.Shared.Certificates.PemException">A file with certificates cannot be used any more.</exception>
    public ServerProbe Probe => _probe ??= new ServerProbe(Options!);

    public async ValueTask DisposeAsync()
    {
        if (Socket is not null)
        {
            // An orderly end: the server keeps nothing for a client that shall come back.
            await new WebSocketTransport(Socket).CloseAsync(CloseReason.Normal).ConfigureAwait(false);
            Socket.Dispose();
        }

        _probe?.Dispose();
    }
}
