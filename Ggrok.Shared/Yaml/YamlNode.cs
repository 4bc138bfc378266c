using YamlDotNet.Core;

namespace Ggrok.Shared.Yaml;

/// <summary>A value of a YAML file, and where it stands.</summary>
/// <param name="Start">Its first character.</param>
/// <param name="End">Behind its last character.</param>
public sealed record YamlNode(Mark Start, Mark End)
{
    /// <summary>The text of a scalar; empty for what YAML calls null. Null when it is no scalar.</summary>
    public string? Text { get; init; }

    /// <summary>How a scalar is written.</summary>
    public ScalarStyle Style { get; init; }

    /// <summary>The entries of a mapping, in order. Null when it is none.</summary>
    public IReadOnlyList<YamlEntry>? Entries { get; init; }

    /// <summary>The items of a sequence, in order. Null when it is none.</summary>
    public IReadOnlyList<YamlNode>? Items { get; init; }

    /// <summary>Whether it is a mapping in braces.</summary>
    public bool InBraces { get; init; }

    /// <summary>It was complained about already.</summary>
    public bool IsRefused { get; init; }
}

/// <summary>A key and its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Start">The key's first character.</param>
/// <param name="Value">The value.</param>
public sealed record YamlEntry(string Key, Mark Start, YamlNode Value);
