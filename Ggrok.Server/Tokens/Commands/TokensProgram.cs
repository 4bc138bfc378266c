using System.CommandLine;
using System.CommandLine.Parsing;
using Ggrok.Server.Audit;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tokens.Store;
using Ggrok.Shared.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ggrok.Server.Tokens.Commands;

/// <summary>The command line is wrong; the message is one sentence that says what to write.</summary>
internal sealed class TokenUsageException(string message) : Exception(message);

/// <summary><c>dotnet Ggrok.Server.dll tokens …</c>: makes, lists and revokes tokens, whether the server runs or not.</summary>
internal sealed class TokensProgram(TextWriter output, TextWriter error, IConfiguration configuration, TimeProvider time)
{
    private const string Start = "dotnet Ggrok.Server.dll tokens";
    private const int Failed = 1;
    private const int Usage = 2;

    // A value may begin with @: it is no file to read options from.
    private static readonly ParserConfiguration Grammar = new() { ResponseFileTokenReplacer = null };

    private readonly Option<string?> _store = new("--store") { HelpName = "FILE", Description = "The token store. [env: GGROK_TOKENS_STORE]", Recursive = true };

    /// <summary>Settings as the server itself reads them.</summary>
    public static IConfiguration Configuration() => new ConfigurationBuilder()
        .SetBasePath(Directory.GetCurrentDirectory())
        .AddJsonFile("appsettings.json", optional: true)
        .AddEnvironmentVariables()
        .Build();

    /// <summary>Runs one command line; returns the exit code: 2 for what was written wrongly, 1 for files that cannot be used.</summary>
    public async Task<int> RunAsync(string[] arguments)
    {
        ParseResult parsed = Build().Parse(arguments, Grammar);
        if (Problem(parsed) is { } problem)
        {
            await error.WriteLineAsync($"{problem} See: {Start} --help").ConfigureAwait(false);
            return Usage;
        }

        try
        {
            var invocation = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false };
            return await parsed.InvokeAsync(invocation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TokenUsageException or TokenRequestException)
        {
            await error.WriteLineAsync(e.Message).ConfigureAwait(false);
            return Usage;
        }
        catch (TokenFileException e)
        {
            await error.WriteLineAsync(e.Message).ConfigureAwait(false);
            return Failed;
        }
    }

    /// <summary>Every option, for the test that holds the documentation complete.</summary>
    public IEnumerable<string> OptionNames() => OptionNames(Build().Subcommands[0]);

    private static IEnumerable<string> OptionNames(Command command) =>
        command.Options.Select(o => o.Name).Concat(command.Subcommands.SelectMany(OptionNames)).Distinct();

    private RootCommand Build()
    {
        var tokens = new Command("tokens", "Makes, lists and revokes the tokens that open tunnels. A running server notices within a second or two.");
        tokens.Options.Add(_store);
        tokens.Subcommands.Add(new CreateCommand(output, error, time, StoreAsync).Build());
        tokens.Subcommands.Add(new ListCommand(output, time, StoreAsync).Build());
        tokens.Subcommands.Add(new RevokeCommand(error, StoreAsync).Build());
        var root = new RootCommand("The Ggrok server. Without a command it serves; its settings are in docs/configuration.md.");
        root.Subcommands.Add(tokens);
        return root;
    }

    private async Task StoreAsync(ParseResult parsed, Func<TokenStore, Task> use)
    {
        var settings = new SettingsReader(configuration);
        string path = parsed.GetValue(_store) ?? settings.Text("GGROK_TOKENS_STORE")
            ?? throw new TokenUsageException($"Where is the token store? Set GGROK_TOKENS_STORE as the server has it, or pass --store FILE. Without a disk: {Start} create --print");
        AuditFile? file = settings.Text("GGROK_AUDIT_LOG") is { } audit and not "-" ? new AuditFile(audit, time, NullLogger.Instance) : null;
        try
        {
            await use(new TokenStore(path, time, new AuditLog(file, time))).ConfigureAwait(false);
        }
        finally
        {
            if (file is not null)
            {
                await file.DisposeAsync().ConfigureAwait(false);
                if (file.Problem is { } problem)
                {
                    await error.WriteLineAsync($"The audit log was not written: {problem}").ConfigureAwait(false);
                }
            }
        }
    }

    private static string? Problem(ParseResult parsed)
    {
        if (parsed.Errors.Count == 0)
        {
            return null;
        }

        if (parsed.UnmatchedTokens.FirstOrDefault() is { } unknown)
        {
            return unknown.StartsWith('-') ? $"There is no option \"{Printable.Clean(unknown.Split('=')[0])}\"."
                : parsed.CommandResult.Command.Subcommands.Count > 0 ? $"There is no command \"{Printable.Clean(unknown)}\"; there are create, list and revoke."
                : $"\"{Printable.Clean(unknown)}\" is too much; quote values with spaces, and * so that the shell leaves it.";
        }

        return parsed.Errors[0].SymbolResult switch
        {
            OptionResult { Tokens.Count: 0, Option: { HelpName: { } value } option } => $"{option.Name} needs a value; write {option.Name} {value}.",
            OptionResult { Option: { } option } => $"{option.Name} is given more than once, or not as it should be; give it once.",
            CommandResult { Command: { Subcommands.Count: > 0 } } => $"What shall be done? There are {Start} create, list and revoke.",
            _ => parsed.Errors[0].Message,
        };
    }
}
