using System.Globalization;
using Ggrok.Client.Cli;
using Ggrok.Client.Inspector.Rules;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Yaml;

namespace Ggrok.Client.Configuration;

/// <summary>Makes a <see cref="ConfigDocument"/> of YAML: which keys there are, and what is a single value.</summary>
/// <param name="path">Where the file is.</param>
/// <param name="problems">Receives what is wrong, each with file and line.</param>
internal sealed class ConfigReader(string path, List<string> problems)
{
    private const int LongestName = 63;

    private readonly Dictionary<string, Setting> _settings = new(StringComparer.Ordinal);
    private readonly List<TunnelEntry> _tunnels = [];
    private readonly List<ConnectEntry> _connect = [];
    private readonly List<RuleEntry> _rules = [];

    /// <summary>What the mapping says; null for an empty file.</summary>
    public ConfigDocument Read(YamlNode? root)
    {
        foreach (YamlEntry entry in root?.Entries ?? [])
        {
            Try(() => ReadTop(entry));
        }

        return new ConfigDocument(path) { Settings = _settings, Tunnels = _tunnels, Connect = _connect, Rules = _rules, Problems = problems };
    }

    private void ReadTop(YamlEntry entry)
    {
        switch (entry.Key)
        {
            case ConfigKeys.Tunnels:
                ReadSection(entry, "web: 3000", ReadTunnel);
                break;
            case ConfigKeys.Connect:
                ReadSection(entry, "db: 5432", ReadConnect);
                break;
            case ConfigKeys.Rules:
                ReadSection(entry, "slow: {latency: 800ms}", ReadRule);
                break;
            default:
                ConfigKey key = new Setting(entry.Key, Line(entry)).As(ConfigKeys.Get);
                if (Single(entry, entry.Key) is { } setting)
                {
                    _settings[entry.Key] = key.IsFile ? setting with { Text = FromFolder(setting.Text) } : setting;
                }

                break;
        }
    }

    private void ReadSection(YamlEntry section, string example, Action<YamlEntry> read)
    {
        if (section.Value.Entries is { } entries)
        {
            foreach (YamlEntry entry in entries)
            {
                Try(() => read(entry));
            }
        }
        else if (!section.Value.IsRefused)
        {
            throw new UsageException($"{Line(section)}: {section.Key} {(section.Value.Text is "" ? "is empty" : "must be a mapping")}; write names below it, such as {example}");
        }
    }

    private void ReadTunnel(YamlEntry entry)
    {
        string name = new Setting(entry.Key, Line(entry)).As(TunnelName);
        RefuseSecond(name, entry, _connect.Find(c => c.Name == name)?.Origin);
        string origin = $"{Line(entry)}: {name}";
        if (entry.Value.Entries is null)
        {
            if (Single(entry, name) is { } target)
            {
                _tunnels.Add(new TunnelEntry(name, origin, TunnelKind.Http, new Dictionary<string, IReadOnlyList<Setting>>(StringComparer.Ordinal) { ["target"] = [target] }));
            }

            return;
        }

        YamlEntry? kindEntry = entry.Value.Entries.FirstOrDefault(e => e.Key == "kind");
        TunnelKind kind = (kindEntry is null ? null : Single(kindEntry, $"{name}.kind"))?.As(KindNamed) ?? TunnelKind.Http;
        string[] known = [.. TunnelEntry.KeysOf(kind)];
        var settings = new Dictionary<string, IReadOnlyList<Setting>>(StringComparer.Ordinal);
        ReadKeys(entry, name, known, key => KindsWith(key) is { Length: > 0 } kinds
            ? $"{key} is for {kinds} tunnels, and {name} is {kind.ToWire()}."
            : null, of => settings[of.Key] = Values(of, name));
        _tunnels.Add(new TunnelEntry(name, origin, kind, settings));
    }

    private void ReadConnect(YamlEntry entry)
    {
        string name = new Setting(entry.Key, Line(entry)).As(PublicName.Private);
        RefuseSecond(name, entry, _tunnels.Find(t => t.Name == name)?.Origin ?? _connect.Find(c => c.Name == name)?.Origin);
        string origin = $"{Line(entry)}: {name}";
        if (entry.Value.Entries is not null)
        {
            _connect.Add(new ConnectEntry(name, origin, Settings(entry, name, ConnectEntry.Keys, _ => null)));
        }
        else if (Single(entry, name) is { } listen)
        {
            _connect.Add(new ConnectEntry(name, origin, One("listen", listen)));
        }
    }

    private void ReadRule(YamlEntry entry)
    {
        string name = new Setting(entry.Key, Line(entry)).As(RuleValues.Name);
        if (entry.Value.Entries is null)
        {
            throw new UsageException($"{Line(entry)}: {name} must be a mapping; write below it what it is about and what it does, such as match: POST /checkout/* and latency: 800ms");
        }

        Dictionary<string, Setting> settings = Settings(entry, name, RuleDefinition.Keys, _ => null);
        if (settings.TryGetValue(RuleDefinition.BodyFile, out Setting? file))
        {
            settings[RuleDefinition.BodyFile] = file with { Text = FromFolder(file.Text) };
        }

        _rules.Add(new RuleEntry(name, $"{Line(entry)}: {name}", settings));
    }

    private Dictionary<string, Setting> Settings(YamlEntry of, string name, IReadOnlyList<string> known, Func<string, string?> elsewhere)
    {
        var settings = new Dictionary<string, Setting>(StringComparer.Ordinal);
        ReadKeys(of, name, known, elsewhere, entry =>
        {
            if (Single(entry, $"{name}.{entry.Key}") is { } setting)
            {
                settings[entry.Key] = setting;
            }
        });
        return settings;
    }

    private void ReadKeys(YamlEntry of, string name, IReadOnlyList<string> known, Func<string, string?> elsewhere, Action<YamlEntry> read)
    {
        foreach (YamlEntry entry in of.Value.Entries!)
        {
            Try(() =>
            {
                if (!known.Contains(entry.Key))
                {
                    throw new UsageException($"{Line(entry)}: " + (elsewhere(entry.Key) ?? $"There is no key {entry.Key.Quoted()} in {name}; "
                        + (Spelling.Nearest(entry.Key, known) is { } near ? $"did you mean {near}?" : $"there are {string.Join(", ", known)}.")));
                }

                read(entry);
            });
        }
    }

    // One value, or a list of them where the key may be given several times.
    private Setting[] Values(YamlEntry entry, string name)
    {
        string key = $"{name}.{entry.Key}";
        if (entry.Value.Items is not { } items || !TunnelDefinition.Repeats(entry.Key))
        {
            return Single(entry, key) is { } setting ? [InFolder(entry.Key, setting)] : [];
        }

        YamlNode? other = items.FirstOrDefault(i => i.Text is null && !i.IsRefused);
        return other is not null
            ? throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{path}:{other.Start.Line}: {key} must be a list of single values."))
            : [.. items.Where(i => !i.IsRefused).Select(i => InFolder(
                entry.Key, new Setting(i.Text!, string.Create(CultureInfo.InvariantCulture, $"{path}:{i.Start.Line}: {key}"))))];
    }

    // Files that a policy names are looked for beside the configuration file.
    private Setting InFolder(string key, Setting setting) => PolicyKeys.Find(key)?.Form switch
    {
        PolicyForm.File => setting with { Text = FromFolder(setting.Text) },
        PolicyForm.KeyedFiles when setting.Text.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals =>
            setting with { Text = setting.Text[..(equals + 1)] + FromFolder(setting.Text[(equals + 1)..]) },
        _ => setting,
    };

    private Setting? Single(YamlEntry entry, string key)
    {
        if (entry.Value.Text is { } text && !entry.Value.IsRefused)
        {
            return new Setting(text, $"{Line(entry)}: {key}");
        }

        return entry.Value.IsRefused ? null : throw new UsageException($"{Line(entry)}: {key} must be a single value.");
    }

    private void Try(Action read)
    {
        try
        {
            read();
        }
        catch (UsageException e)
        {
            problems.Add(e.Message);
        }
    }

    private void RefuseSecond(string name, YamlEntry entry, string? first)
    {
        if (first is not null)
        {
            throw new UsageException($"{Line(entry)}: The name {name} is taken by {first}; give each tunnel and each connect entry a name of its own.");
        }
    }

    private static Dictionary<string, Setting> One(string key, Setting setting) => new(StringComparer.Ordinal) { [key] = setting };

    private static TunnelKind KindNamed(string text) => TunnelKinds.Parse(text) is { } kind
        ? kind
        : throw new UsageException($"{text.Quoted()} is no kind of tunnel; "
            + (Spelling.Nearest(text, WireNames) is { } near ? $"did you mean {near}?" : $"there are {string.Join(", ", WireNames)}."));

    private static IEnumerable<string> WireNames => Enum.GetValues<TunnelKind>().Select(k => k.ToWire());

    private static string KindsWith(string key) =>
        string.Join(" and ", Enum.GetValues<TunnelKind>().Where(k => TunnelEntry.KeysOf(k).Contains(key)).Select(k => k.ToWire()));

    private static string TunnelName(string text) =>
        text.Length <= LongestName && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? text
            : throw new UsageException($"{text.Quoted()} cannot name a tunnel; use letters, digits and - _ . (a letter or digit first), at most {LongestName} characters.");

    private string Line(YamlEntry entry) => string.Create(CultureInfo.InvariantCulture, $"{path}:{entry.Start.Line}");

    private string FromFolder(string file) =>
        string.IsNullOrWhiteSpace(file) ? file : Path.GetFullPath(file.Trim(), Path.GetDirectoryName(Path.GetFullPath(path))!);
}
