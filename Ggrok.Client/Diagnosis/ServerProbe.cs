using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Diagnosis;

/// <summary>Asks the server over HTTP, on the way that tunnels take: the same proxy, the same trust, one connection.</summary>
internal sealed class ServerProbe : IDisposable
{
    private readonly TaskCompletionSource<TlsFacts> _secured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _end = new();
    private readonly HttpMessageInvoker _http;
    private readonly Uri _health;
    private readonly Lazy<Task<ServerAnswer>> _first;

    /// <exception cref="Ggrok.Shared.Certificates.PemException">A file cannot be used.</exception>
    public ServerProbe(TunnelClientOptions options)
    {
        SocketsHttpHandler handler = Dialer.Handler(options.Server);
        handler.PlaintextStreamFilter = Filter;
        try
        {
            Check = options.Trust.Apply(handler.SslOptions);
        }
        catch
        {
            handler.Dispose();
            throw;
        }

        _http = new HttpMessageInvoker(handler);
        _health = new Uri(options.Server, ProtocolLimits.Path + "/health");
        _first = new Lazy<Task<ServerAnswer>>(() => AskAsync(_end.Token));
    }

    /// <summary>The judge of the server's certificate.</summary>
    public ServerCertificateCheck Check { get; }

    /// <summary>Completes when TLS is established, for which <see cref="First"/> must have been asked.</summary>
    public Task<TlsFacts> Secured => _secured.Task;

    /// <summary>The first answer; asking for it opens the connection.</summary>
    public Task<ServerAnswer> First => _first.Value;

    /// <summary>Asks for the server's health.</summary>
    /// <exception cref="HttpRequestException">There was no answer.</exception>
    public async Task<ServerAnswer> AskAsync(CancellationToken limit)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _health);
        request.Headers.UserAgent.ParseAdd("ggrok-doctor/" + ProgramVersion.Current);
        DateTimeOffset asked = DateTimeOffset.UtcNow;
        using HttpResponseMessage response = await _http.SendAsync(request, limit).ConfigureAwait(false);
        DateTimeOffset answered = DateTimeOffset.UtcNow;
        return await ServerAnswer.ReadAsync(response, asked + ((answered - asked) / 2), limit).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _end.Cancel();
        _http.Dispose();
        _end.Dispose();
    }

    // The way through a proxy begins with a connection to the proxy, which is not the one that is looked at.
    private ValueTask<Stream> Filter(SocketsHttpPlaintextStreamFilterContext context, CancellationToken cancellation)
    {
        if (context.PlaintextStream is SslStream tls && context.InitialRequestMessage.Method != HttpMethod.Connect
            && tls.RemoteCertificate is X509Certificate2 certificate)
        {
            _secured.TrySetResult(new TlsFacts(tls.SslProtocol, new X509Certificate2(certificate)));
        }

        return ValueTask.FromResult(context.PlaintextStream);
    }
}

/// <summary>What TLS to the server came to.</summary>
internal sealed record TlsFacts(System.Security.Authentication.SslProtocols Protocol, X509Certificate2 Certificate);
