using System.Net;
using Ggrok.Client.Cli;
using Ggrok.Client.Connection;

namespace Ggrok.Client.Configuration;

/// <summary>A private name of a configuration file that shall be reachable here, not yet checked.</summary>
/// <param name="Name">The private name, lower case.</param>
/// <param name="Origin">File, line and name.</param>
/// <param name="Settings">What is written under its keys.</param>
internal sealed record ConnectEntry(string Name, string Origin, IReadOnlyDictionary<string, Setting> Settings)
{
    /// <summary>Keys that an entry may have.</summary>
    public static IReadOnlyList<string> Keys { get; } = ["listen", "udp"];

    /// <summary>What to connect to, and where to listen; any free port of the loopback interface when nothing is said.</summary>
    /// <exception cref="UsageException">A value is not valid.</exception>
    public ConnectTarget Make() => new(
        Name,
        Settings.GetValueOrDefault("listen")?.As(ListenAddress.Parse) ?? new IPEndPoint(IPAddress.Loopback, 0),
        Settings.GetValueOrDefault("udp")?.As(SettingValues.Switch) ?? false);
}
