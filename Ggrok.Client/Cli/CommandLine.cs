using System.CommandLine;
using Ggrok.Client.Connection;
using Ggrok.Client.Output;

namespace Ggrok.Client.Cli;

/// <summary>Opens tunnels with the given options until stopped; tests put a double here.</summary>
public delegate Task<ClientExit> TunnelRunner(TunnelClientOptions options, IClientEvents events, CancellationToken stop);

/// <summary>The program behind the command line.</summary>
/// <param name="output">Where results go.</param>
/// <param name="error">Where problems go.</param>
/// <param name="isTerminal">Whether people watch <paramref name="output"/>.</param>
/// <param name="environment">Reads environment variables.</param>
/// <param name="run">Opens the tunnels.</param>
public sealed class CommandLine(TextWriter output, TextWriter error, bool isTerminal, Func<string, string?> environment, TunnelRunner run)
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
        var options = new TunnelOptions();
        var root = new RootCommand(Description);
        options.AddTo(root);
        root.SetAction((parsed, stop) => OpenAsync(options, parsed, stop));
        root.Subcommands.Add(new ConfigCommand(options, output, environment).Build());
        root.Subcommands.Add(new CertsCommand(output, TimeProvider.System).Build());
        return root;
    }

    private async Task<int> OpenAsync(TunnelOptions options, ParseResult parsed, CancellationToken stop)
    {
        var sources = new TunnelSettings(options, environment);
        bool asJson = sources.IsJson(parsed);
        TunnelClientOptions settings = sources.Resolve(parsed, w => error.WriteLine("ggrok: " + w));
        bool colour = isTerminal && string.IsNullOrEmpty(environment("NO_COLOR"));
        bool quiet = parsed.GetValue(options.Quiet);
        ClientExit exit;
        if (asJson)
        {
            await using var json = new JsonOutput(output, TimeProvider.System);
            exit = await run(settings, json, stop).ConfigureAwait(false);
        }
        else
        {
            await using var text = new TerminalOutput(output, colour, quiet);
            exit = await run(settings, text, stop).ConfigureAwait(false);
        }

        if (exit.Message is not null)
        {
            await error.WriteLineAsync("ggrok: " + exit.Message).ConfigureAwait(false);
        }

        return (int)exit.Code;
    }
}
