using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Ggrok.Bench;

/// <summary>What to measure and how long.</summary>
/// <param name="Runs">Interleaved runs; the table has their medians.</param>
/// <param name="Seconds">Length of each timed load.</param>
/// <param name="Sizes">Sizes of the loads.</param>
/// <param name="Only">Ids of the scenarios.</param>
/// <param name="Peers">Ids of the peers.</param>
/// <param name="Json">File for the raw numbers, or null.</param>
internal sealed record BenchOptions(int Runs, int Seconds, BenchSizes Sizes, string[] Only, string[] Peers, string? Json);

/// <summary>Sizes that the loads have, and that their rows tell.</summary>
/// <param name="BulkMebibytes">Size of the big file.</param>
/// <param name="RoundTripMilliseconds">Time that the long way takes there and back.</param>
/// <param name="Tunnels">Idle tunnels.</param>
internal sealed record BenchSizes(int BulkMebibytes = 1024, int RoundTripMilliseconds = 50, int Tunnels = 10_000);

/// <summary>The command line.</summary>
internal sealed class BenchCommand
{
    private readonly Option<bool> _quick = new("--quick") { Description = "One short run: 2 seconds, 128 MiB, 1000 tunnels. For trying things out, not for numbers." };
    private readonly Option<int?> _runs = new("--runs") { Description = "Interleaved runs, of which the table shows medians. Default 5.", HelpName = "N" };
    private readonly Option<int?> _seconds = new("--seconds") { Description = "Length of each timed load. Default 5.", HelpName = "S" };
    private readonly Option<int?> _bulk = new("--bulk") { Description = "Size of the big file. Default 1024.", HelpName = "MiB" };
    private readonly Option<int?> _roundTrip = new("--rtt") { Description = "Round trip of the long way. Default 50.", HelpName = "MS" };
    private readonly Option<int?> _tunnels = new("--tunnels") { Description = "Idle tunnels. Default 10000.", HelpName = "N" };
    private readonly Option<string?> _only;
    private readonly Option<string?> _peers;
    private readonly Option<string?> _json = new("--json") { Description = "Write the numbers of every run to this file.", HelpName = "FILE" };

    private readonly string[] _allScenarios = [.. Catalogue.Scenarios(new BenchSizes()).Select(s => s.Id)];
    private readonly string[] _allPeers = [.. Catalogue.Peers("").Select(p => p.Id)];

    public BenchCommand()
    {
        _only = List("--only", "Only these measurements: ", _allScenarios);
        _peers = List("--peers", "Only these columns: ", _allPeers);
        AtLeastOne(_runs);
        AtLeastOne(_seconds);
        AtLeastOne(_bulk);
        AtLeastOne(_roundTrip);
        AtLeastOne(_tunnels);
    }

    /// <summary>Parses the arguments, prints help or problems, and otherwise runs the bench.</summary>
    public async Task<int> InvokeAsync(string[] arguments, Func<BenchOptions, CancellationToken, Task<int>> run, CancellationToken stop)
    {
        var root = new RootCommand("Measures Ggrok beside nginx hops, ssh -R and localtunnel on this machine. docs/benchmarking.md explains the rows.")
        {
            _quick, _runs, _seconds, _bulk, _roundTrip, _tunnels, _only, _peers, _json,
        };
        root.SetAction((parsed, token) => run(Options(parsed), token));
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, parsed.Errors.Select(e => e.Message))).ConfigureAwait(false);
            return ExitCodes.Usage;
        }

        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        return await parsed.InvokeAsync(invocation, stop).ConfigureAwait(false);
    }

    private BenchOptions Options(ParseResult parsed)
    {
        bool quick = parsed.GetValue(_quick);
        return new BenchOptions(
            parsed.GetValue(_runs) ?? (quick ? 1 : 5),
            parsed.GetValue(_seconds) ?? (quick ? 2 : 5),
            new BenchSizes(
                parsed.GetValue(_bulk) ?? (quick ? 128 : 1024), parsed.GetValue(_roundTrip) ?? 50, parsed.GetValue(_tunnels) ?? (quick ? 1000 : 10_000)),
            Split(parsed.GetValue(_only)) ?? _allScenarios,
            Split(parsed.GetValue(_peers)) ?? [.. Catalogue.UsualPeers],
            parsed.GetValue(_json));
    }

    private static Option<string?> List(string name, string description, string[] known)
    {
        var option = new Option<string?>(name) { Description = description + string.Join(',', known), HelpName = "A,B" };
        option.Validators.Add(result =>
        {
            foreach (string id in Split(result.GetValueOrDefault<string?>()) ?? [])
            {
                if (!known.Contains(id, StringComparer.Ordinal))
                {
                    result.AddError($"{name} does not know \"{id}\"; it takes a list of {string.Join(',', known)}.");
                }
            }
        });
        return option;
    }

    private static void AtLeastOne(Option<int?> option) => option.Validators.Add(result =>
    {
        if (result.Tokens is [{ Value: var given }] && !(int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0))
        {
            result.AddError($"{option.Name} takes a whole number from 1 up, not \"{given}\".");
        }
    });

    private static string[]? Split(string? list) => list?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
