using System.CommandLine;
using System.CommandLine.Parsing;

namespace Ggrok.Client.Cli;

/// <summary>Says in one sentence why a command line cannot be understood, and what was probably meant.</summary>
internal sealed class ParseProblem(ParseResult parsed, string[] arguments)
{
    // Behind a double dash everything is a value.
    private readonly string[] _beforeDashes = [.. arguments.TakeWhile(a => a != "--")];

    /// <summary>The sentence; null when the command line is understood.</summary>
    public string? Describe() => WrongAssignment() ?? ForgottenValue() ?? UnknownOption() ?? UnknownCommand() ?? (parsed.Errors.Count == 0 ? null : WrongOption() ?? WrongCount() ?? parsed.Errors[0].Message);

    // The parser would take the next word for the value of "--server=", and the value of a switch for a word of its own.
    private string? WrongAssignment()
    {
        foreach (string[] parts in _beforeDashes.Select(a => a.Split('=', 2)).Where(p => p.Length == 2))
        {
            if (Option(parts[0]) is not { } option)
            {
                continue;
            }

            if (parts[1].Length == 0)
            {
                return $"{option.Name} is empty; give it a value or leave it out.";
            }

            if (option.Arity.MinimumNumberOfValues == 0 && !bool.TryParse(parts[1], out _))
            {
                return $"{option.Name} is a switch; write it without a value.";
            }
        }

        return null;
    }

    // The parser would take the next option for the value.
    private string? ForgottenValue()
    {
        (string first, string next) = _beforeDashes.Zip(_beforeDashes.Skip(1))
            .FirstOrDefault(p => Option(p.First) is { Arity.MinimumNumberOfValues: > 0 } && Option(p.Second) is not null);
        return next is null ? null : NeedsValue(Option(first)!);
    }

    private string? UnknownOption()
    {
        string[] known = [.. Options().SelectMany(o => o.Aliases.Prepend(o.Name)).Where(n => n.StartsWith("--", StringComparison.Ordinal))];

        // -server would be understood as -s with the value "erver".
        string? wrong = _beforeDashes.FirstOrDefault(a => a.Length > 2 && a[1] != '-' && known.Contains("-" + Name(a)))
            ?? Words().FirstOrDefault(IsOption);
        if (wrong is null)
        {
            return null;
        }

        string name = Name(wrong);
        string? near = name.Length > 2 ? Spelling.Nearest(name, known) : null;
        return near is not null
            ? $"There is no option {name.Quoted()}; did you mean {near}?"
            : $"There is no option {name.Quoted()}; if it is meant as a value, write -- in front of it.";
    }

    private string? UnknownCommand()
    {
        Command command = parsed.CommandResult.Command;
        if (Words().FirstOrDefault() is not { } word || parsed.UnmatchedTokens.Count == 0)
        {
            return null;
        }

        string? near = Spelling.Nearest(word, command.Subcommands.Select(c => c.Name));
        if (near is not null)
        {
            return $"There is no command {word.Quoted()}; did you mean {Path(command)} {near}?";
        }

        return command.Arguments.Count == 0 && command.Subcommands.Count > 0
            ? $"There is no command {word.Quoted()}; there are {SubcommandsOf(command)}."
            : $"{parsed.UnmatchedTokens[0].Quoted()} is too much; write {Usage(command)}.";
    }

    private string? WrongOption()
    {
        if (parsed.Errors[0].SymbolResult is not OptionResult { Option: { Arity.MinimumNumberOfValues: > 0 } option } result)
        {
            return null;
        }

        return result.Tokens.Count == 0
            ? NeedsValue(option)
            : $"{option.Name} is given {result.Tokens.Count} times; give it once.";
    }

    private string? WrongCount()
    {
        Command command = parsed.CommandResult.Command;
        return command.Action is null && command.Subcommands.Count > 0
            ? $"{Path(command)} needs a command; there are {SubcommandsOf(command)}."
            : parsed.Errors[0].SymbolResult is CommandResult or ArgumentResult ? $"Something is missing; write {Usage(command)}." : null;
    }

    /// <summary>Everything that is neither an option, nor the value of one, nor a command; in order where it matters.</summary>
    private IEnumerable<string> Words() => parsed.CommandResult.Children.OfType<ArgumentResult>()
        .SelectMany(a => a.Tokens).Select(t => t.Value).Concat(parsed.UnmatchedTokens);

    private IEnumerable<Option> Options() => parsed.CommandResult.Command.Options
        .Concat(parsed.RootCommandResult.Command.Options.Where(o => o.Recursive)).Distinct();

    private Option? Option(string name) => Options().FirstOrDefault(o => o.Name == name || o.Aliases.Contains(name));

    // A dash and a digit is a wrong number, which whoever reads the number describes better.
    private bool IsOption(string word) => word.Length > 1 && word[0] == '-' && !char.IsAsciiDigit(word[1]) && _beforeDashes.Contains(word);

    private static string NeedsValue(Option option) => $"{option.Name} needs a value; write {option.Name} {option.HelpName}.";

    private static string Name(string word)
    {
        int end = word.AsSpan().IndexOfAny('=', ':');
        return end < 0 ? word : word[..end];
    }

    private static string SubcommandsOf(Command command) => string.Join(", ", command.Subcommands.Select(c => c.Name));

    private static string Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{Path(parent)} {command.Name}" : "ggrok";

    private static string Usage(Command command) => command is RootCommand
        ? "one local service, as in ggrok 3000"
        : string.Join(' ', command.Arguments.Select(a => a.Name.ToUpperInvariant()).Prepend(Path(command)));
}
