using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Ggrok.Shared.Yaml;

/// <summary>
/// Reads the part of YAML that a configuration needs: mappings, sequences and single values. Aliases and the like are refused rather
/// than followed, so that a small file stays a small amount of work.
/// </summary>
public sealed class YamlTree
{
    private const int Deepest = 8;
    private const int MostProblems = 100;

    private readonly string _path;
    private readonly string _text;
    private readonly Parser _parser;
    private readonly List<string> _problems = [];

    private YamlTree(string path, string text)
    {
        _path = path;
        _text = text.TrimStart(YamlText.ByteOrderMark);
        _parser = new Parser(new StringReader(_text));
    }

    /// <summary>Reads a text.</summary>
    /// <param name="path">Name of the file, for the problems.</param>
    /// <param name="text">What is in it.</param>
    /// <param name="problems">Receives everything that is wrong, with file and line.</param>
    /// <returns>The mapping; null when there is none.</returns>
    public static YamlNode? Read(string path, string text, List<string> problems)
    {
        var tree = new YamlTree(path, text);
        YamlNode? root = tree.ReadDocument();
        problems.AddRange(tree._problems);
        return root;
    }

    private YamlNode? ReadDocument()
    {
        try
        {
            Take();
            if (Take() is StreamEnd)
            {
                return null;
            }

            YamlNode root = ReadNode(1);
            Take();
            if (Take() is DocumentStart second)
            {
                Complain(second.Start, "The file must be one mapping, and a second document begins here; remove the line ---");
            }

            if (root.Entries is null && !root.IsRefused && root.Text is not "")
            {
                Complain(root.Start, "The file must be one mapping such as \"server: my.app\".");
            }

            return root.Entries is null ? null : root;
        }
        catch (YamlException e)
        {
            ComplainSyntax(e);
        }
        catch (InvalidOperationException)
        {
            // Of the parser itself, for some flow collections that do not end.
            Add(_parser.Current?.Start.Line ?? 1, "This is not valid YAML; is there a bracket or a brace without its other half?");
        }
        catch (TooMuchException)
        {
            // What was wrong is among the problems.
        }

        return null;
    }

    private YamlNode ReadNode(int depth)
    {
        ParsingEvent here = Take();
        if (depth > Deepest)
        {
            // The parser takes time that grows with the square of the depth.
            Complain(here.Start, "This is nested too deeply for a configuration.");
            throw new TooMuchException();
        }

        string? refusal = here switch
        {
            AnchorAlias alias => $"Aliases are not supported; write the value itself in place of *{alias.Value}.",
            NodeEvent { Anchor.IsEmpty: false } node => $"Anchors are not supported; remove &{node.Anchor.Value}.",
            NodeEvent { Tag.IsEmpty: false } => "Tags are not supported; remove the word that begins with an exclamation mark.",
            _ => null,
        };
        if (refusal is not null)
        {
            Complain(here.Start, refusal);
        }

        return ReadContent(here, depth) with { IsRefused = refusal is not null };
    }

    private YamlNode ReadContent(ParsingEvent here, int depth) => here switch
    {
        Scalar scalar => new YamlNode(here.Start, here.End) { Text = TextOf(scalar), Style = scalar.Style },
        MappingStart mapping => ReadMapping(mapping, depth),
        SequenceStart => ReadSequence(here, depth),
        _ => new YamlNode(here.Start, here.End),
    };

    private YamlNode ReadSequence(ParsingEvent start, int depth)
    {
        var items = new List<YamlNode>();
        while (Peek() is not SequenceEnd)
        {
            items.Add(ReadNode(depth + 1));
        }

        return new YamlNode(start.Start, Take().End) { Items = items };
    }

    private YamlNode ReadMapping(MappingStart start, int depth)
    {
        var entries = new List<YamlEntry>();
        var lines = new Dictionary<string, long>(StringComparer.Ordinal);
        while (Peek() is not MappingEnd)
        {
            YamlNode key = ReadNode(depth + 1);
            YamlNode value = ReadNode(depth + 1);
            if (key.IsRefused)
            {
                continue;
            }

            if (key.Text is not { Length: > 0 } name || name == "<<")
            {
                Complain(key.Start, key.Text == "<<" ? "Merge keys are not supported; write the keys themselves in place of <<." : "A key must be a single word.");
            }
            else if (!lines.TryAdd(name, key.Start.Line))
            {
                Complain(key.Start, string.Create(CultureInfo.InvariantCulture,
                    $"{Printed(name)} is written twice, first in line {lines[name]}; keep one of them."));
            }
            else
            {
                entries.Add(new YamlEntry(name, key.Start, value));
            }
        }

        return new YamlNode(start.Start, Take().End) { Entries = entries, InBraces = start.Style == MappingStyle.Flow };
    }

    private ParsingEvent Peek()
    {
        if (_taken)
        {
            // It gives up in silence where a text ends in the middle of something.
            if (!_parser.MoveNext() || _parser.Current is null)
            {
                throw new InvalidOperationException();
            }

            _taken = false;
        }

        return _parser.Current!;
    }

    private bool _taken = true;

    private ParsingEvent Take()
    {
        ParsingEvent here = Peek();
        _taken = true;
        return here;
    }

    // Without quotes these words are YAML for nothing.
    private static string TextOf(Scalar scalar) =>
        scalar is { Style: ScalarStyle.Plain, Value: "~" or "null" or "Null" or "NULL" } ? "" : scalar.Value;

    private static string Printed(string name) => Protocol.Printable.Clean(name);

    private void ComplainSyntax(YamlException e)
    {
        long tab = Enumerable.Range((int)e.Start.Line, 2).FirstOrDefault(line => IsIndentedByTab(line));
        if (tab > 0)
        {
            Add(tab, "The line begins with a tab; YAML is indented with spaces.");
        }
        else
        {
            Add(e.Start.Line, $"This is not valid YAML ({e.Message.TrimEnd('.')}); write one \"key: value\" a line.");
        }
    }

    private bool IsIndentedByTab(int line)
    {
        string text = _text.Split('\n').ElementAtOrDefault(line - 1) ?? "";
        return text[..^text.TrimStart().Length].TrimEnd('\r').Contains('\t', StringComparison.Ordinal);
    }

    private void Complain(Mark at, string message) => Add(at.Line, message);

    private void Add(long line, string message)
    {
        _problems.Add(string.Create(CultureInfo.InvariantCulture, $"{_path}:{line}: {message}"));
        if (_problems.Count >= MostProblems)
        {
            throw new TooMuchException();
        }
    }

    /// <summary>Reading on would tell nothing new.</summary>
    private sealed class TooMuchException : Exception;
}
