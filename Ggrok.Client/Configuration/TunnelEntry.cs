using Ggrok.Client.Cli;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Configuration;

/// <summary>A tunnel of a configuration file, not yet checked.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Origin">File, line and name.</param>
/// <param name="Kind">What it carries.</param>
/// <param name="Settings">What is written under its keys, which are several values for some.</param>
internal sealed record TunnelEntry(string Name, string Origin, TunnelKind Kind, IReadOnlyDictionary<string, IReadOnlyList<Setting>> Settings)
{
    /// <summary>Keys that a tunnel of a kind may have.</summary>
    public static IEnumerable<string> KeysOf(TunnelKind kind) => TunnelDefinition.Keys[kind].Prepend("kind");

    /// <summary>The tunnel.</summary>
    /// <param name="saved">Defaults that hold for every tunnel; of these, <c>host-header</c> is used.</param>
    /// <exception cref="UsageException">Something is missing, contradictory or not valid.</exception>
    public LocalTunnel Make(IReadOnlyDictionary<string, Setting> saved) => new TunnelDefinition(
        key => All(key) is [var setting, ..] ? setting : key == "host-header" ? saved.GetValueOrDefault(key) : null,
        All,
        () => $"{Origin} has no local service; write target: 3000 below it.").Make(Kind, Name);

    private IReadOnlyList<Setting> All(string key) => Settings.GetValueOrDefault(key) ?? [];
}
