namespace Ggrok.Shared.Relay;

/// <summary>Where the code runs that waits for a socket.</summary>
public static class SocketEvents
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>
    /// On the thread that waits for the events of all sockets, instead of the thread pool: a relay does so little for
    /// each event that the hop costs more (docs/performance.md). Whatever is done there must not block. Of no effect on
    /// Windows, and after the process has used its first socket. What the user has set counts more.
    /// </summary>
    public static void ServeInline()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
