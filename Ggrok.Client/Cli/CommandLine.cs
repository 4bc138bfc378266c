using System.CommandLine;
using Ggrok.Client.Cli.Inbox;
using Ggrok.Client.Connection;
using Ggrok.Client.Output.Requests;
using Ggrok.Client.Output.View;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary>Opens tunnels with the given options until stopped; tests put a double here.</summary>
public delegate Task<ClientExit> TunnelRunner(TunnelClientOptions options, IClientEvents events, CancellationToken stop);

/// <summary>The program behind the command line.</summary>
/// <param name="output">Where results go.</param>
/// <param name="error">Where problems go.</param>
/// <param name="isTerminal">Whether people watch <paramref name="output"/>.</param>
/// <param name="environment">Reads environment variables.</param>
/// <param name="run">Opens the tunnels.</param>
/// <param name="workingFolder">Folder whose configuration file counts beside the user's; null for none.</param>
/// <param name="input">What secrets are read from that shall not be in the command line; null for nothing.</param>
/// <param name="terminal">Where pictures may be drawn; null for lines only.</param>
/// <param name="binary">Where bytes go; null for standard output.</param>
public sealed class CommandLine(
    TextWriter output,
    TextWriter error,
    bool isTerminal,
    Func<string, string?> environment,
    TunnelRunner run,
    string? workingFolder = null,
    TextReader? input = null,
    ITerminal? terminal = null,
    Func<Stream>? binary = null)
{
    private const string Description = """
        Puts a local service on the internet through your own Ggrok server.

        Examples:
          ggrok --server my.app --port 3000          https://my.app -> http://localhost:3000
          ggrok config set server my.app             save the server once, then:
          ggrok 3000                                 the same, short
          ggrok 3000 --path /alice --strip-path      https://my.app/alice, shared with others
          ggrok 3000 --subdomain alice               https://alice.tunnels.example.com
          ggrok --target https://localhost:8443 --insecure-target
          ggrok tcp 5432                             a database on a public port of the server
          ggrok tcp 22 --name device-42              SSH under a private name, and where it is wanted:
          ggrok connect device-42 --listen 2222      ssh -p 2222 localhost
          ggrok start web ssh                        tunnels of ggrok.yml, all in one session
          ggrok 3000 --auth me:secret                only for those who know the password, or have a
          ggrok share --expires 2h                   link that lets one browser in
          ggrok requests --status 5xx                what a running ggrok got, and one of it once more:
          ggrok replay last                          to the local service again
          ggrok 3000 --inbox                         webhooks wait at the server while this machine is away:
          ggrok inbox list                           look at them, deliver, drop or fetch them to files
          ggrok doctor 3000                          says step by step why a tunnel would or would not work
          ggrok certs create tunnel.lan 192.168.1.5  a private CA and a certificate for a server in the LAN
        """;

    // A value may begin with @ (a label, a token): it is no file to read options from.
    private static readonly ParserConfiguration Grammar = new() { ResponseFileTokenReplacer = null };

    /// <summary>Runs one command line; returns the exit code.</summary>
    public async Task<int> InvokeAsync(string[] arguments, CancellationToken stop)
    {
        ParseResult parsed = Build().Parse(arguments, Grammar);
        if (new ParseProblem(parsed, arguments).Describe() is { } problem)
        {
            await error.WriteLineAsync($"ggrok: {problem} See: ggrok --help").ConfigureAwait(false);
            return (int)ExitCode.Usage;
        }

        // The help of a command would show the arguments of ggrok itself as its own.
        Command root = parsed.RootCommandResult.Command;
        root.Arguments[0].Hidden = parsed.CommandResult.Command != root;
        try
        {
            // Signals are handled by the program, which drains before it ends.
            var invocation = new InvocationConfiguration
            {
                Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(invocation, stop).ConfigureAwait(false);
        }
        catch (UsageException e)
        {
            await error.WriteLineAsync("ggrok: " + e.Message).ConfigureAwait(false);
            return (int)ExitCode.Usage;
        }
    }

    /// <summary>Every option with its aliases, for the test that holds the documentation complete.</summary>
    public IEnumerable<string> OptionNames() => OptionNames(Build());

    private static IEnumerable<string> OptionNames(Command command) =>
        command.Options.Select(o => o.Name).Concat(command.Subcommands.SelectMany(OptionNames));

    private RootCommand Build()
    {
        var config = new Option<string?>("--config") { HelpName = "FILE", Description = "Configuration file. [env: GGROK_CONFIG]", Recursive = true };
        var files = new ConfigSource(config, environment, workingFolder);
        var client = new ClientRun(output, error, isTerminal, environment, files, run, terminal);
        var root = new RootCommand(Description);
        new TunnelCommand(TunnelKind.Http, client).SetUp(root);
        root.Options.Add(config);
        root.Subcommands.Add(TunnelCommand.Build(TunnelKind.Tcp, "Put a TCP service on a public port, or serve a private name with it.", client));
        root.Subcommands.Add(TunnelCommand.Build(TunnelKind.Udp, "Put a UDP service on a public port, or serve a private name with it.", client));
        root.Subcommands.Add(TunnelCommand.Build(TunnelKind.Tls, "Put a TLS service on the internet; its certificate stays here.", client));
        root.Subcommands.Add(new ConnectCommand(client).Build());
        root.Subcommands.Add(new StartCommand(client).Build());
        root.Subcommands.Add(new ShareCommand(client, output, error).Build());
        root.Subcommands.Add(new DoctorCommand(client, output, isTerminal, environment).Build());
        var results = new CommandOutput(
            output, error, binary ?? Console.OpenStandardOutput, new Palette(isTerminal && string.IsNullOrEmpty(environment("NO_COLOR"))), isTerminal, () => terminal?.Size.Width);
        root.Subcommands.Add(new RequestsCommand(results).Build());
        root.Subcommands.Add(new ReplayCommand(results).Build());
        root.Subcommands.Add(new InboxCommand(client, results, input ?? TextReader.Null).Build());
        root.Subcommands.Add(new ConfigCommand(files, output, input ?? TextReader.Null, environment).Build());
        root.Subcommands.Add(new HashPasswordCommand(output, input ?? TextReader.Null).Build());
        root.Subcommands.Add(new CertsCommand(output, TimeProvider.System).Build());
        return root;
    }
}
