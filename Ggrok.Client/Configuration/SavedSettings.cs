using Ggrok.Client.Cli;

namespace Ggrok.Client.Configuration;

/// <summary>
/// What the files that count say together: the working folder's first, then the user's. A working folder may be a
/// repository that somebody else wrote, so it cannot lead the user's saved credentials to a server of its choice.
/// </summary>
internal sealed class SavedSettings
{
    private const string Redact = "redact";

    private static readonly string[] Pair = ["cert", "key"];

    private readonly List<string> _notices = [];

    /// <param name="places">The files.</param>
    /// <param name="isGiven">Whether option or environment say something in place of a key.</param>
    /// <exception cref="UsageException">A file cannot be used.</exception>
    public SavedSettings(ConfigPlaces places, Func<string, bool> isGiven)
    {
        ConfigDocument user = places.User.Read();
        ConfigDocument project = places.Project is { Exists: true } file ? file.Read() : new ConfigDocument("");
        ProjectFile.Check(project);
        if (project.Path.Length > 0 && ProjectFile.OthersMayWrite(project.Path) is { } danger)
        {
            _notices.Add(danger);
        }

        var values = new Dictionary<string, Setting>(project.Settings, StringComparer.Ordinal);
        Setting? foreignServer = isGiven("server") ? null : Foreign("server", project, user, ServerOf);
        string[] withheld = [.. Withheld(project, user, foreignServer, isGiven)];
        foreach ((string key, Setting setting) in user.Settings.Where(s => !withheld.Contains(s.Key)))
        {
            values.TryAdd(key, setting);
        }

        // A working folder may name more secrets, not fewer.
        if (project.Settings.TryGetValue(Redact, out Setting? more) && user.Settings.TryGetValue(Redact, out Setting? own))
        {
            values[Redact] = more with { Text = $"{more.Text},{own.Text}" };
        }

        Values = values;
        ForeignServer = user.Settings.ContainsKey("server") ? foreignServer : null;
        var names = new HashSet<string>([.. project.Tunnels.Select(t => t.Name), .. project.Connect.Select(c => c.Name)], StringComparer.Ordinal);
        Tunnels = [.. project.Tunnels, .. user.Tunnels.Where(t => !names.Contains(t.Name))];
        Connect = [.. project.Connect, .. user.Connect.Where(c => !names.Contains(c.Name))];
        Rules = [.. project.Rules, .. user.Rules.Where(r => project.Rules.All(p => p.Name != r.Name))];
    }

    /// <summary>Every key that is set, with file and line as its origin.</summary>
    public IReadOnlyDictionary<string, Setting> Values { get; }

    /// <summary>The server of the working folder's file where the user has saved another one; else null.</summary>
    public Setting? ForeignServer { get; }

    /// <summary>Tunnels by name, in the order of the files.</summary>
    public IReadOnlyList<TunnelEntry> Tunnels { get; }

    /// <summary>Private names to connect to, in the order of the files.</summary>
    public IReadOnlyList<ConnectEntry> Connect { get; }

    /// <summary>Rules by name, in the order of the files.</summary>
    public IReadOnlyList<RuleEntry> Rules { get; }

    /// <summary>What the user should know about where settings come from.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>The keys of the user's file that are not used beside this working folder's file.</summary>
    private IEnumerable<string> Withheld(ConfigDocument project, ConfigDocument user, Setting? foreignServer, Func<string, bool> isGiven)
    {
        Setting? leading = foreignServer;
        leading ??= isGiven("ca") ? null : Foreign("ca", project, user, setting => setting.Text);
        string[] withheld = leading is null ? [] : ["token", .. Pair];

        // A certificate of one file and a key of another are no pair.
        string[] replaced = Pair.Any(project.Settings.ContainsKey) ? Pair : [];
        string[] missed = [.. withheld.Except(replaced).Where(k => k != "key" && user.Settings.ContainsKey(k) && !project.Settings.ContainsKey(k) && !isGiven(k))];
        if (missed.Length > 0)
        {
            string what = string.Join(" and ", missed.Select(k => k == "cert" ? "client certificate" : k));
            _notices.Add($"{leading!.Origin} ({leading.Text.Quoted()}) is not what {user.Path} says, so your saved {what} {(missed.Length > 1 ? "are" : "is")} not used here. "
                + $"If you want that, pass {string.Join(" and ", missed.Select(k => "--" + k))} yourself.");
        }

        return withheld.Union(replaced);
    }

    private static Setting? Foreign(string key, ConfigDocument project, ConfigDocument user, Func<Setting, object?> meaning) =>
        project.Settings.TryGetValue(key, out Setting? its) && !(user.Settings.TryGetValue(key, out Setting? own) && Equals(meaning(its), meaning(own)))
            ? its
            : null;

    // As an address: https://my.app and my.app are one server, http://my.app is another.
    private static object? ServerOf(Setting setting)
    {
        try
        {
            return setting.As(ServerAddress.Parse);
        }
        catch (UsageException)
        {
            return setting;
        }
    }
}
