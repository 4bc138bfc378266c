namespace Ggrok.Server.Tls;

/// <summary>Says at start what the TLS endpoint does and does not.</summary>
internal sealed partial class TlsNotice(TlsOptions options, ILogger<TlsNotice> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.ClientCaFile is { } file)
        {
            LogClients(file);
        }

        if (TlsEndpoint.HasHttp3(options))
        {
            LogHttp3();
        }
        else if (options.Http3 && !TlsEndpoint.IsHttp3Possible)
        {
            LogNoMsQuic();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "Client certificates issued by the CA in {File} open tunnels without a token.")]
    private partial void LogClients(string file);

    [LoggerMessage(Level = LogLevel.Information, Message = "HTTP/3 is on: let UDP pass to the TLS port, too.")]
    private partial void LogHttp3();

    [LoggerMessage(Level = LogLevel.Information, Message = "HTTP/3 is off: this system has no msquic (package libmsquic); visitors use HTTP/2 and HTTP/1.1.")]
    private partial void LogNoMsQuic();
}
