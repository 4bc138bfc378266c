using Ggrok.Client.Cli;
using YamlDotNet.Core;
using Ggrok.Shared.Yaml;

namespace Ggrok.Client.Configuration;

/// <summary>Changes single keys of a configuration file's text and leaves everything else as it is.</summary>
internal sealed class ConfigEditor
{
    private readonly string _path;
    private readonly string _mark;
    private readonly string _text;
    private readonly YamlNode? _root;

    /// <param name="path">Where the file is, for problems.</param>
    /// <param name="text">What is in it; its YAML is in order.</param>
    public ConfigEditor(string path, string text)
    {
        _path = path;
        _text = text.TrimStart(YamlText.ByteOrderMark);
        _mark = text[..^_text.Length];
        _root = YamlTree.Read(path, text, []);
    }

    private string NewLine => _text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";

    /// <summary>The text in which the key has the value.</summary>
    /// <exception cref="UsageException">That cannot be done without changing something else.</exception>
    public string Set(string key, string value)
    {
        string written = Written(value);
        string edited = Find(key) switch
        {
            null => Append($"{key}: {written}"),
            { Value: var old } when old.Start.Line == old.End.Line && old.Style is not (ScalarStyle.Literal or ScalarStyle.Folded) => Replace(old, written),
            { } entry => ReplaceLines(entry, $"{Indentation}{key}: {written}{NewLine}"),
        };
        return Verified(edited, key, value);
    }

    /// <summary>The text without the key; null when it is not there.</summary>
    /// <exception cref="UsageException">That cannot be done without changing something else.</exception>
    public string? Unset(string key) => Find(key) switch
    {
        null => null,
        _ when _root!.InBraces => throw NotHere(key),
        { } entry => Verified(ReplaceLines(entry, ""), key, null),
    };

    private string Indentation => new(' ', (int)(_root?.Start.Column ?? 1) - 1);

    private YamlEntry? Find(string key) => _root?.Entries?.FirstOrDefault(e => e.Key == key);

    private string Replace(YamlNode old, string written)
    {
        string before = _text[..(int)old.Start.Index];
        return before + (before.EndsWith(':') ? " " : "") + written + _text[(int)old.End.Index..];
    }

    private string Append(string line)
    {
        bool open = _text.Length > 0 && !_text.EndsWith('\n');
        return $"{_text}{(open ? NewLine : "")}{Indentation}{line}{NewLine}";
    }

    // An entry is its line and those that are indented more deeply.
    private string ReplaceLines(YamlEntry entry, string replacement)
    {
        string[] lines = _text.Split('\n');
        int first = (int)entry.Start.Line - 1;
        int last = Math.Max(first, (int)entry.Value.Start.Line - 1);
        for (int i = first + 1; i < lines.Length && (string.IsNullOrWhiteSpace(lines[i]) || Depth(lines[i]) > Indentation.Length); i++)
        {
            last = string.IsNullOrWhiteSpace(lines[i]) ? last : i;
        }

        string before = string.Concat(lines[..first].Select(l => l + "\n"));
        return before + replacement + string.Join('\n', lines[Math.Min(last + 1, lines.Length)..]);
    }

    private static int Depth(string line) => line.Length - line.TrimStart(' ').Length;

    // Whatever an unusual file made of it: nothing but this key may be another one now.
    private string Verified(string edited, string key, string? value)
    {
        var problems = new List<string>();
        YamlNode? root = YamlTree.Read(_path, edited, problems);
        Dictionary<string, string> wanted = AllOf(_root);
        wanted.Remove(key);
        if (value is not null)
        {
            wanted[key] = Contents(value);
        }

        Dictionary<string, string> got = AllOf(root);
        return problems.Count == 0 && wanted.Count == got.Count && wanted.All(e => got.GetValueOrDefault(e.Key) == e.Value)
            ? _mark + edited
            : throw NotHere(key);
    }

    private UsageException NotHere(string key) =>
        new($"{_path}: {key} cannot be changed without touching the rest of the file; change it with: ggrok config edit");

    private static Dictionary<string, string> AllOf(YamlNode? root) =>
        (root?.Entries ?? []).ToDictionary(e => e.Key, e => Contents(e.Value), StringComparer.Ordinal);

    private static string Contents(YamlNode node) => node.Entries is { } entries
        ? "{" + string.Join(',', entries.Select(e => Contents(e.Key) + Contents(e.Value))) + "}"
        : node.Items is { } items ? "[" + string.Join(',', items.Select(Contents)) + "]"
        : Contents(node.Text ?? "");

    private static string Contents(string text) => $"{text.Length}:{text}";

    // Without quotes where that reads well and cannot be taken for anything else.
    private static string Written(string value)
    {
        bool plain = char.IsAsciiLetterOrDigit(value[0]) && value[^1] != ':' && !value.Equals("null", StringComparison.OrdinalIgnoreCase)
            && value.All(c => char.IsAsciiLetterOrDigit(c) || "-._/:@+=~".Contains(c, StringComparison.Ordinal));
        return plain ? value : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }
}
