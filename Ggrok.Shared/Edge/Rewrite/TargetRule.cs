using System.Globalization;
using System.Text.RegularExpressions;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Rewrite;

/// <summary>
/// One replacement in the raw target. Its expression needs time in proportion to the target, whatever a visitor sends: the
/// kind of expressions that does not (back references, looking around) is refused.
/// </summary>
public sealed class TargetRule
{
    private const string Arrow = " -> ";
    private const int LongestPattern = 200;
    private const int MostGroups = 9;
    private const int LongestReplacement = 1000;

    // Linear is not cheap: with groups each character of the target costs, and the allocation grows with it, too.
    private const int LongestTarget = 4096;
    private const int MostRepetitions = 50;

    // Never needed by an expression that is linear and small; a second bound all the same.
    private static readonly TimeSpan MatchTime = TimeSpan.FromMilliseconds(250);

    private static readonly Regex Counts = new(@"\{[0-9]+(,[0-9]*)?\}", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    private readonly Regex _regex;
    private readonly IReadOnlyList<Part> _parts;

    private TargetRule(Regex regex, IReadOnlyList<Part> parts)
    {
        _regex = regex;
        _parts = parts;
    }

    /// <summary>Reads <c>REGEX -> TEXT</c>.</summary>
    /// <exception cref="FormatException">It is not valid; the message says what to write.</exception>
    public static TargetRule Parse(string text)
    {
        int arrow = text.IndexOf(Arrow, StringComparison.Ordinal);
        if (arrow <= 0)
        {
            throw new FormatException($"\"{Printable.Clean(text)}\" has not the form REGEX -> TEXT, with spaces around the arrow; write for example ^/old/(.*) -> /new/$1");
        }

        Regex regex = Expression(text[..arrow].Trim());
        return new TargetRule(regex, Replacement(text[(arrow + Arrow.Length)..].Trim(), regex));
    }

    /// <summary>The target with the first place that the expression finds replaced; the target itself if there is none.</summary>
    /// <returns>Null when the target is longer than 4096 characters, the result would be, or the expression took too long.</returns>
    public string? Apply(string target)
    {
        if (target.Length > LongestTarget)
        {
            return null;
        }

        try
        {
            Match match = _regex.Match(target);
            if (!match.Success)
            {
                return target;
            }

            // Counted before it is made: a short rule could multiply a long target.
            int length = target.Length - match.Length + _parts.Sum(p => p.LengthIn(match));
            return length > LongestTarget
                ? null
                : string.Concat(target.AsSpan(0, match.Index), string.Concat(_parts.Select(p => p.In(match))), target.AsSpan(match.Index + match.Length));
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    private static Regex Expression(string pattern)
    {
        if (pattern.Length > LongestPattern || Repetitions(pattern) > MostRepetitions)
        {
            throw new FormatException($"the expression is too large: it has at most {LongestPattern} characters, and counts such as {{2,5}} multiply to at most {MostRepetitions}; use * or + in place of counts");
        }

        try
        {
            var regex = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, MatchTime);
            return regex.GetGroupNumbers().Length <= MostGroups + 1
                ? regex
                : throw new FormatException($"the expression has more than {MostGroups} groups; write (?:…) for those that the replacement does not need");
        }
        catch (NotSupportedException)
        {
            throw new FormatException($"\"{Printable.Clean(pattern)}\" looks around or back, which is not possible here; use groups and several rules instead");
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"\"{Printable.Clean(pattern)}\" is not a regular expression: {e.Message}");
        }
    }

    // What all counts make of one character when they stand in each other. They need not; then this is too strict, not too lax.
    private static long Repetitions(string pattern)
    {
        long product = 1;
        foreach (ValueMatch brace in Counts.EnumerateMatches(pattern))
        {
            foreach (Range number in pattern.AsSpan(brace.Index + 1, brace.Length - 2).Split(','))
            {
                ReadOnlySpan<char> digits = pattern.AsSpan(brace.Index + 1, brace.Length - 2)[number];
                if (digits.Length > 0)
                {
                    long count = digits.Length > 6 ? MostRepetitions + 1 : long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
                    product = Math.Min(product * Math.Max(count, 1), MostRepetitions + 1);
                }
            }
        }

        return product;
    }

    private static List<Part> Replacement(string text, Regex regex)
    {
        if (text.Length is 0 or > LongestReplacement || text.Any(c => c is <= ' ' or > '~'))
        {
            throw new FormatException($"what stands behind the arrow is part of an address: 1 to {LongestReplacement} characters of ASCII without spaces; write others as %20");
        }

        var parts = new List<Part>();
        int literal = 0;
        for (int dollar = text.IndexOf('$', StringComparison.Ordinal); dollar >= 0; dollar = text.IndexOf('$', literal))
        {
            if (dollar > literal)
            {
                parts.Add(new Part(text[literal..dollar], -1));
            }

            (Part part, literal) = Reference(text, dollar, regex);
            parts.Add(part);
        }

        if (literal < text.Length)
        {
            parts.Add(new Part(text[literal..], -1));
        }

        return parts;
    }

    private static (Part Part, int End) Reference(string text, int dollar, Regex regex)
    {
        ReadOnlySpan<char> rest = text.AsSpan(dollar + 1);
        if (rest.StartsWith("$"))
        {
            return (new Part("$", -1), dollar + 2);
        }

        int close = rest.IndexOf('>');
        int digits = rest.IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? end : rest.Length;
        bool isNamed = rest.StartsWith("<") && close > 1;
        string name = isNamed ? rest[1..close].ToString() : rest[..Math.Min(digits, 2)].ToString();
        int group = name.Length == 0 ? -1 : regex.GroupNumberFromName(name);
        return group >= 0
            ? (new Part("", group), dollar + 1 + (isNamed ? close + 1 : name.Length))
            : throw new FormatException($"\"{Printable.Clean(text)}\" refers to a group that the expression does not have; write $1 for what the first (…) found, $<name> for (?<name>…), and $$ for a dollar");
    }

    private readonly record struct Part(string Text, int Group)
    {
        public int LengthIn(Match match) => Group < 0 ? Text.Length : match.Groups[Group].Length;

        public string In(Match match) => Group < 0 ? Text : match.Groups[Group].Value;
    }
}
