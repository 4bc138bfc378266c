using System.Globalization;
using Ggrok.Client.Configuration;

namespace Ggrok.Client.Cli;

/// <summary>Everything that is wrong with the configuration files that count.</summary>
internal sealed class ConfigCheck
{
    private static readonly string[] AboutTarget = ["port", "target", "insecure-target", "target-protocol"];

    private readonly List<NamedTunnel> _tunnels = [];
    private readonly List<NamedConnect> _connect = [];

    /// <param name="user">The user's file, or the one that was named; null when it is not there.</param>
    /// <param name="project">The working folder's file; null when it is not there.</param>
    public ConfigCheck(ConfigDocument? user, ConfigDocument? project)
    {
        ConfigDocument[] documents = [.. new[] { project, user }.OfType<ConfigDocument>()];
        var problems = documents.ToDictionary(d => d.Path, d => new List<string>(d.Problems), StringComparer.Ordinal);
        TunnelEntry[] tunnels = [.. documents.SelectMany(d => d.Tunnels)];
        foreach (ConfigDocument document in documents)
        {
            problems[document.Path].AddRange(document == project ? ProjectFile.Problems(document) : []);
            problems[document.Path].AddRange(WrongValues(document));
            problems[document.Path].AddRange(document.Rules.SelectMany(r => WrongIn(r, tunnels)));
        }

        foreach (string clash in TunnelClashes.Find(_tunnels, _connect))
        {
            problems[documents.First(d => clash.StartsWith(d.Path + ":", StringComparison.Ordinal)).Path].Add(clash);
        }

        Problems = [.. documents.SelectMany(d => problems[d.Path])];
        Lines = [.. documents.SelectMany(d => problems[d.Path].Count > 0 ? problems[d.Path] : [$"{d.Path} is fine: {Summary(d)}"])];
    }

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsFine => Problems.Count == 0;

    /// <summary>What is wrong, a sentence for each.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>What there is to say, a line for each problem and for each file without one.</summary>
    public List<string> Lines { get; }

    private IEnumerable<string> WrongValues(ConfigDocument document)
    {
        foreach ((string key, Setting setting) in document.Settings)
        {
            if (Problem(() => setting.As(text => Checked(ConfigKeys.Get(key), text))) is { } problem)
            {
                yield return problem;
            }
        }

        foreach (string problem in document.Tunnels.SelectMany(WrongIn).Concat(document.Connect.SelectMany(WrongIn)))
        {
            yield return problem;
        }
    }

    // After each problem the tunnel is looked at once more without what was wrong, until nothing is.
    private List<string> WrongIn(TunnelEntry entry)
    {
        var problems = new List<string>();
        var settings = new Dictionary<string, IReadOnlyList<Setting>>(entry.Settings, StringComparer.Ordinal);
        while (Problem(() => Add(entry with { Settings = settings }, isWhole: problems.Count == 0)) is { } problem)
        {
            problems.Add(problem);
            if (settings.FirstOrDefault(s => s.Value.Any(v => Concerns(problem, v))).Key is not { } wrong)
            {
                break;
            }

            settings.Remove(wrong);
            if (wrong is "port" or "target")
            {
                // What else is said about the service cannot be judged without it.
                Array.ForEach(AboutTarget, k => settings.Remove(k));
                settings["target"] = [new Setting("1", entry.Origin)];
            }
        }

        return problems;
    }

    private IEnumerable<string> WrongIn(ConnectEntry entry)
    {
        var problems = new List<string>();
        var settings = new Dictionary<string, Setting>(entry.Settings, StringComparer.Ordinal);
        while (Problem(() => Add(entry with { Settings = settings }, isWhole: problems.Count == 0)) is { } problem
            && settings.FirstOrDefault(s => Concerns(problem, s.Value)).Key is { } wrong)
        {
            problems.Add(problem);
            settings.Remove(wrong);
        }

        return problems;
    }

    private static List<string> WrongIn(RuleEntry entry, TunnelEntry[] tunnels)
    {
        var problems = new List<string>();
        var settings = new Dictionary<string, Setting>(entry.Settings, StringComparer.Ordinal);
        while (Problem(() => (entry with { Settings = settings }).Make(tunnels)) is { } problem)
        {
            // What the rest alone would mean is of no interest once something of it is wrong.
            if (problems.Count > 0 && problem.StartsWith(entry.Origin + " ", StringComparison.Ordinal))
            {
                break;
            }

            problems.Add(problem);
            if (settings.FirstOrDefault(s => Concerns(problem, s.Value)).Key is not { } wrong)
            {
                break;
            }

            settings.Remove(wrong);
            if (wrong == "error-rate")
            {
                settings.Remove("error-status");
            }
        }

        return problems;
    }

    private static bool Concerns(string problem, Setting setting) =>
        problem.StartsWith(setting.Origin + " ", StringComparison.Ordinal) || problem.StartsWith(setting.Origin + ":", StringComparison.Ordinal);

    // The first of a name is the one that would be started.
    private void Add(TunnelEntry entry, bool isWhole)
    {
        var tunnel = new NamedTunnel(entry.Origin, entry.Make(new Dictionary<string, Setting>()));
        if (isWhole && !IsKnown(entry.Name))
        {
            _tunnels.Add(tunnel);
        }
    }

    private void Add(ConnectEntry entry, bool isWhole)
    {
        var connect = new NamedConnect(entry.Origin, entry.Make());
        if (isWhole && !IsKnown(entry.Name))
        {
            _connect.Add(connect);
        }
    }

    private bool IsKnown(string name) => _tunnels.Exists(t => t.Tunnel.Name == name) || _connect.Exists(c => c.Target.Name == name);

    private static bool Checked(ConfigKey key, string text)
    {
        key.Check(text);
        return true;
    }

    private static string? Problem(Action check)
    {
        try
        {
            check();
            return null;
        }
        catch (UsageException e)
        {
            return e.Message;
        }
    }

    private static string Summary(ConfigDocument document)
    {
        string tunnels = Count(document.Tunnels.Count, "tunnel");
        string connect = document.Connect.Count == 0 ? "" : $", {Count(document.Connect.Count, "connect entr", "y", "ies")}";
        return tunnels + connect + (document.Rules.Count == 0 ? "" : $", {Count(document.Rules.Count, "rule")}");
    }

    private static string Count(int count, string word, string one = "", string many = "s") =>
        count == 0 ? $"no {word}{many}" : string.Create(CultureInfo.InvariantCulture, $"{count} {word}{(count == 1 ? one : many)}");
}
