using Ggrok.Server.Hosting;
using Ggrok.Shared.Relay;

SocketEvents.ServeInline();
if (args is ["--health"])
{
    return await HealthProbe.RunAsync().ConfigureAwait(false);
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
catch (IOException e)
{
    await Console.Error.WriteLineAsync($"The server cannot start: {e.Message} Set PORT to a free port.").ConfigureAwait(false);
    return 1;
}
