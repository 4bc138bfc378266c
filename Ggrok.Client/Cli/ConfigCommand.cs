using System.CommandLine;
using Ggrok.Client.Configuration;
using Ggrok.Client.Connection;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok config</c>: what is saved for every run.</summary>
/// <param name="files">Where the files are.</param>
/// <param name="output">Where results go.</param>
/// <param name="input">Where a token is read from that shall not be in the command line.</param>
/// <param name="environment">Reads environment variables.</param>
internal sealed class ConfigCommand(ConfigSource files, TextWriter output, TextReader input, Func<string, string?> environment)
{
    private const int LongestInput = 64 * 1024;

    private readonly Argument<string> _key = new("key") { Description = "One of: " + string.Join(", ", ConfigKeys.All.Keys) };
    private readonly Argument<string> _value = new("value") { Description = "Value to save." };
    private readonly Argument<string> _token = new("token") { Description = "The token, or - to read it from standard input." };
    private readonly Argument<string?> _file = new("file") { Arity = ArgumentArity.ZeroOrOne, Description = "File to check. [default: every file that counts]" };

    public Command Build()
    {
        var command = new Command("config", "Save the server, the token and other defaults; check and edit the file of tunnels.");
        command.Subcommands.Add(Make("set", "Save a value.", [_key, _value], parsed => Set(parsed, parsed.GetValue(_key)!, parsed.GetValue(_value)!)));
        command.Subcommands.Add(Make("get", "Show a value.", [_key], Get));
        command.Subcommands.Add(Make("unset", "Forget a value.", [_key], Unset));
        command.Subcommands.Add(Make("list", "Show every value; token and secrets are masked.", [], List));
        command.Subcommands.Add(Make("path", "Show which files count, the first one first.", [], ShowPaths));
        command.Subcommands.Add(Make("check", "Say everything that is wrong with the files, with line and reason.", [_file], Check));
        command.Subcommands.Add(Edit());
        command.Subcommands.Add(Make("add-token", "Save the token, from standard input with -.", [_token], AddToken));
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

    private Command Edit()
    {
        var command = new Command("edit", "Open the file in $VISUAL or $EDITOR, and check it afterwards.");
        command.SetAction(async (parsed, _) =>
        {
            ConfigFile file = File(parsed);
            await new ConfigEdit(file, environment).RunAsync().ConfigureAwait(false);
            return Report(new ConfigCheck(file.Load(), null));
        });
        return command;
    }

    private int Set(ParseResult parsed, string key, string value)
    {
        File(parsed).Set(key, value);
        return Write($"Saved {key} in {File(parsed).Path}");
    }

    private int AddToken(ParseResult parsed)
    {
        string token = parsed.GetValue(_token)!;
        return Set(parsed, "token", token == "-" ? TokenOfInput() : token);
    }

    private string TokenOfInput()
    {
        char[] buffer = new char[LongestInput];
        string token = new string(buffer, 0, input.ReadBlock(buffer)).Trim();
        return token.Length is > 0 and < LongestInput
            ? token
            : throw new UsageException("There is no token on standard input; write it there, as in: ggrok config add-token - < token.txt");
    }

    private int Get(ParseResult parsed)
    {
        string key = parsed.GetValue(_key)!;
        ConfigKeys.Get(key);
        return File(parsed).Read().Settings.TryGetValue(key, out Setting? setting)
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
        ConfigDocument document = File(parsed).Read();
        foreach ((string key, Setting setting) in document.Settings.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            Write($"{key}: {(key == "token" || WebhookSecrets.IsKey(key) ? "****" : setting.Text)}");
        }

        WriteNames(ConfigKeys.Tunnels, document.Tunnels.Select(t => t.Name));
        WriteNames(ConfigKeys.Connect, document.Connect.Select(c => c.Name));
        return (int)ExitCode.Ok;
    }

    private void WriteNames(string section, IEnumerable<string> names)
    {
        if (string.Join(", ", names) is { Length: > 0 } list)
        {
            Write($"{section}: {list}");
        }
    }

    private int ShowPaths(ParseResult parsed)
    {
        ConfigPlaces places = files.Find(parsed);
        foreach (ConfigFile file in new[] { places.Project, places.User }.OfType<ConfigFile>())
        {
            Write(file.Exists ? file.Path : $"{file.Path} (does not exist)");
        }

        return (int)ExitCode.Ok;
    }

    private int Check(ParseResult parsed)
    {
        if (parsed.GetValue(_file) is { } named)
        {
            return Report(new ConfigCheck(new ConfigFile(new Setting(named, "FILE").As(path => path), "FILE", mustExist: true).Load(), null));
        }

        ConfigPlaces places = files.Find(parsed);
        ConfigDocument user = places.User.Load();
        if (!places.User.Exists && places.Project is not { Exists: true })
        {
            throw new UsageException($"There is nothing to check: {(places.Project is { } missing ? $"neither {missing.Path} nor " : "no ")}{places.User.Path} exists.");
        }

        return Report(new ConfigCheck(places.User.Exists ? user : null, places.Project is { Exists: true } project ? project.Load() : null));
    }

    private int Report(ConfigCheck check)
    {
        check.Lines.ForEach(l => Write(l));
        return (int)(check.IsFine ? ExitCode.Ok : ExitCode.Usage);
    }

    private int Write(string line)
    {
        output.WriteLine(line);
        return (int)ExitCode.Ok;
    }

    private ConfigFile File(ParseResult parsed) => files.Find(parsed).User;
}
