using System.Globalization;
using System.Text.RegularExpressions;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Yaml;

namespace Ggrok.Server.Edge;

/// <summary>
/// Reads the server's policies, in YAML: sections <c>all:</c> and <c>tunnels:</c>, with a pattern for each set of tunnels.
/// </summary>
/// <param name="path">Name of the file, for problems.</param>
/// <param name="environment">Values for <c>${NAME}</c>.</param>
internal sealed partial class PolicyFile(string path, Func<string, string?> environment)
{
    /// <summary>Key of what holds for every tunnel.</summary>
    public const string All = "all";

    /// <summary>Key of what holds for tunnels by their names.</summary>
    public const string Tunnels = "tunnels";

    private readonly List<string> _problems = [];
    private readonly List<FileState> _files = [];

    /// <summary>The files whose contents were read as values.</summary>
    public IReadOnlyList<FileState> Files => _files;

    /// <summary>The sections, in the order in which later ones replace earlier ones.</summary>
    /// <exception cref="FormatException">The text is not valid; the message names every line that is not.</exception>
    public IReadOnlyList<PolicySection> Read(string text)
    {
        YamlNode? root = YamlTree.Read(path, text, _problems);
        var sections = new List<PolicySection>();
        foreach (YamlEntry entry in root?.Entries ?? [])
        {
            switch (entry.Key)
            {
                case All:
                    sections.Insert(0, new PolicySection(null, Directives(entry)));
                    break;
                case Tunnels:
                    sections.AddRange(Entries(entry).Select(e => new PolicySection(Pattern(e), Directives(e))));
                    break;
                default:
                    Complain(entry.Start.Line, $"There is no section \"{Printable.Clean(entry.Key)}\"; write {All}: or {Tunnels}:");
                    break;
            }
        }

        return _problems.Count == 0 ? sections : throw new FormatException(string.Join("\n  ", _problems));
    }

    private string Pattern(YamlEntry entry)
    {
        int slash = entry.Key.IndexOf('/', StringComparison.Ordinal);
        string host = slash < 0 ? entry.Key : entry.Key[..slash];
        if (!PatternOfHost().IsMatch(host))
        {
            Complain(entry.Start.Line, $"\"{Printable.Clean(entry.Key)}\" names no tunnels; write a host such as *.my.app, a host with a path such as my.app/hooks, or tcp:PORT, udp:PORT, tls:HOST or name:NAME");
        }

        return host.ToLowerInvariant() + (slash < 0 ? "" : entry.Key[slash..].TrimEnd('/'));
    }

    private IReadOnlyList<YamlEntry> Entries(YamlEntry section)
    {
        if (section.Value.Entries is { } entries)
        {
            return entries;
        }

        if (section.Value.Text is not "" && !section.Value.IsRefused)
        {
            Complain(section.Start.Line, $"{section.Key} must be a mapping with policies below it, such as allow-ip: 10.0.0.0/8");
        }

        return [];
    }

    private List<PolicyDirective> Directives(YamlEntry section)
    {
        var directives = new List<PolicyDirective>();
        foreach (YamlEntry entry in Entries(section))
        {
            if (PolicyKeys.Find(entry.Key) is not { } key)
            {
                Complain(entry.Start.Line, $"There is no policy \"{Printable.Clean(entry.Key)}\"; docs/policies.md lists them all");
                continue;
            }

            YamlNode[] values = entry.Value.Items is { } items && key.Repeats ? [.. items] : [entry.Value];
            directives.AddRange(values.Select(v => Value(key, v)).OfType<string>().Select(v => new PolicyDirective(key.Name, v)));
        }

        return directives;
    }

    // Null where there is nothing to say: a switch that is off, or a value that was complained about.
    private string? Value(PolicyKey key, YamlNode node)
    {
        if (node.IsRefused)
        {
            return null;
        }

        try
        {
            string text = Filled(node.Text is { Length: > 0 } written ? written.Trim()
                : throw new FormatException(node.Text is null ? "write a single value, or a list of them where several are possible" : "it is empty; give it a value or leave it out"));
            string? value = key.Implied is not null && text.ToLowerInvariant() is "true" or "yes" or "on" or "false" or "no" or "off"
                ? Switch(text) is null ? null : key.Implied
                : key.Form switch
            {
                PolicyForm.Switch => Switch(text),
                PolicyForm.File => Contents(text),
                PolicyForm.KeyedFiles => Keyed(text),
                _ => text,
            };
            if (value is not null)
            {
                key.Check([value]);
            }

            return value;
        }
        catch (FormatException e)
        {
            Complain(node.Start.Line, $"{key.Name}: {e.Message}");
            return null;
        }
    }

    private static string? Switch(string text) => text.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" or "1" => "true",
        "false" or "no" or "off" or "0" => null,
        _ => throw new FormatException("write true or false"),
    };

    private string Keyed(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? string.Concat(text.AsSpan(0, equals + 1), Contents(text[(equals + 1)..]))
            : throw new FormatException("write KEY=FILE");
    }

    // Beside the policy file, unless the path says where.
    private string Contents(string file)
    {
        string full = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "", file);
        _files.Add(FileState.Of(full));
        try
        {
            return File.ReadAllText(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new FormatException($"{file} cannot be read: {e.Message}");
        }
    }

    private string Filled(string text) => Variable().Replace(text, match => environment(match.Groups[1].Value)
        ?? throw new FormatException($"the variable {match.Groups[1].Value} is not set"));

    private void Complain(long line, string message) =>
        _problems.Add(string.Create(CultureInfo.InvariantCulture, $"{path}:{line}: {message}"));

    [GeneratedRegex(@"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"^((tcp|udp|tls|name):)?[A-Za-z0-9._*\-\[\]]+$", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PatternOfHost();
}
