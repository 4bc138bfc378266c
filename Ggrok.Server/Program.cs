using System.Net.Sockets;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tokens.Commands;
using Ggrok.Shared.Relay;

SocketEvents.ServeInline();
if (args is ["--health"])
{
    return await HealthProbe.RunAsync().ConfigureAwait(false);
}

if (args is ["tokens", ..])
{
    return await new TokensProgram(Console.Out, Console.Error, TokensProgram.Configuration(), TimeProvider.System).RunAsync(args).ConfigureAwait(false);
}

try
{
    await using WebApplication app = GgrokServer.Build(args);
    await app.RunAsync().ConfigureAwait(false);
    return 0;
}
catch (SettingsException e)
{
    await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
    return 2;
}
catch (Exception e) when (e is IOException or SocketException)
{
    // A socket's own exception is about rights, which ports below 1024 need.
    string advice = e.Message.Contains("GGROK_", StringComparison.Ordinal) ? "Choose another one."
        : e is IOException ? "Set PORT (or GGROK_TLS_PORT) to a free port."
        : "Set PORT (or GGROK_TLS_PORT) to a port that this user may take.";
    await Console.Error.WriteLineAsync($"The server cannot start: {e.Message.TrimEnd('.')}. {advice}").ConfigureAwait(false);
    return 1;
}
