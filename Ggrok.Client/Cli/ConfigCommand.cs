using System.CommandLine;
using Ggrok.Client.Configuration;
using Ggrok.Client.Connection;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok config</c>: what is saved for every run.</summary>
internal sealed class ConfigCommand(Option<string?> config, TextWriter output, Func<string, string?> environment)
{
    private readonly Argument<string> _key = new("key") { Description = "One of: " + string.Join(", ", ConfigKeys.All.Keys) };
    private readonly Argument<string> _value = new("value") { Description = "Value to save." };

    public Command Build()
    {
        var command = new Command("config", "Save the server, the token and other defaults.");
        command.Subcommands.Add(Make("set", "Save a value.", [_key, _value], Set));
        command.Subcommands.Add(Make("get", "Show a value.", [_key], Get));
        command.Subcommands.Add(Make("unset", "Forget a value.", [_key], Unset));
        command.Subcommands.Add(Make("list", "Show every value; the token is masked.", [], List));
        command.Subcommands.Add(Make("path", "Show where the file is.", [], parsed => Write(File(parsed).Path)));
        return command;
    }

    private static Command Make(string name, string description, Argument[] arguments, Func<ParseResult, int> action)
    {
        var command = new Command(name, description);
        foreach (Argument argument in arguments)
        {
            command.Arguments.Add(argument);
        }

        command.SetAction(action);
        return command;
    }

    private int Set(ParseResult parsed)
    {
        string key = parsed.GetValue(_key)!;
        string value = parsed.GetValue(_value)!;
        File(parsed).Set(key, value);
        return Write($"Saved {key} in {File(parsed).Path}");
    }

    private int Get(ParseResult parsed)
    {
        string key = parsed.GetValue(_key)!;
        ConfigKeys.Get(key);
        return File(parsed).Read().TryGetValue(key, out Setting? setting)
            ? Write(setting.Text)
            : throw new UsageException($"{key} is not set; save it with: ggrok config set {key} VALUE");
    }

    private int Unset(ParseResult parsed)
    {
        string key = parsed.GetValue(_key)!;
        return Write(File(parsed).Unset(key) ? $"Forgot {key}" : $"{key} was not set");
    }

    private int List(ParseResult parsed)
    {
        foreach ((string key, Setting setting) in File(parsed).Read())
        {
            Write($"{key}: {(key == "token" ? "****" : setting.Text)}");
        }

        return (int)ExitCode.Ok;
    }

    private int Write(string line)
    {
        output.WriteLine(line);
        return (int)ExitCode.Ok;
    }

    private ConfigFile File(ParseResult parsed) => ConfigFile.Find(parsed.GetValue(config), environment);
}
