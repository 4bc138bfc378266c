using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Hosting;

/// <summary>Says at start what an operator must know.</summary>
internal sealed partial class StartupNotice(TokenAuthenticator authenticator, ILogger<StartupNotice> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (authenticator.IsOpen)
        {
            LogOpen();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "THIS SERVER IS OPEN: anybody who knows its address can open tunnels on it. Set GGROK_TOKENS to a secret and pass it to clients with --token.")]
    private partial void LogOpen();
}
