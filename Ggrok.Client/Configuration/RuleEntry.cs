using Ggrok.Client.Cli;
using Ggrok.Client.Inspector.Rules;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Configuration;

/// <summary>A rule of a configuration file, not yet checked.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Origin">File, line and name.</param>
/// <param name="Settings">What is written under its keys.</param>
internal sealed record RuleEntry(string Name, string Origin, IReadOnlyDictionary<string, Setting> Settings)
{
    /// <summary>Name of the tunnel that a command line opens without the file.</summary>
    private const string Web = "web";

    /// <summary>The rule.</summary>
    /// <param name="tunnels">The tunnels of all files that count.</param>
    /// <exception cref="UsageException">Something is missing, contradictory or not valid.</exception>
    public Rule Make(IEnumerable<TunnelEntry> tunnels)
    {
        Settings.GetValueOrDefault("tunnel")?.As(name => Known(name, [.. tunnels]));
        return new RuleDefinition(Settings.GetValueOrDefault).Make(Name, Origin);
    }

    private static string Known(string name, TunnelEntry[] tunnels)
    {
        TunnelEntry? tunnel = Array.Find(tunnels, t => t.Name == name);
        if (tunnel is { Kind: not TunnelKind.Http })
        {
            throw new UsageException($"{name} is a {tunnel.Kind.ToWire()} tunnel, and rules are about HTTP; name an http tunnel.");
        }

        string[] known = [.. tunnels.Where(t => t.Kind == TunnelKind.Http).Select(t => t.Name).Append(Web).Distinct(StringComparer.Ordinal)];
        return known.Contains(name) ? name : throw new UsageException($"There is no tunnel {name.Quoted()}; "
            + (Spelling.Nearest(name, known) is { } near ? $"did you mean {near}?" : $"there are {string.Join(", ", known)} ({Web} is the one of: ggrok 3000)."));
    }
}
