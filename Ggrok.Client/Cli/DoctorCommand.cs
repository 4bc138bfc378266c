using System.CommandLine;
using Ggrok.Client.Connection;
using Ggrok.Client.Diagnosis;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok doctor</c>: checks step by step why a tunnel would or would not work.</summary>
/// <param name="run">Reads the settings.</param>
/// <param name="output">Where the report goes.</param>
/// <param name="isTerminal">Whether people watch <paramref name="output"/>.</param>
/// <param name="environment">Reads environment variables.</param>
internal sealed class DoctorCommand(ClientRun run, TextWriter output, bool isTerminal, Func<string, string?> environment)
{
    private static readonly string[] AboutService = ["service", "port", "target", "insecure-target"];
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    private readonly SessionOptions _session = new();
    private readonly TunnelOptions _tunnel = new(TunnelKind.Http, AboutService[1..]);
    private readonly Option<string?> _timeout = TextOption.Make("--timeout", null, "TIME", "How long each check may take. [default: 10s]");
    private readonly Option<bool> _json = new("--json") { Description = "The same as --log json." };

    public Command Build()
    {
        var command = new Command("doctor", "Check step by step why a tunnel would or would not work.");
        _tunnel.AddTo(command);
        command.Options.Add(_timeout);
        command.Options.Add(_json);
        _session.AddTo(command);
        command.SetAction(ExamineAsync);
        return command;
    }

    private async Task<int> ExamineAsync(ParseResult parsed, CancellationToken stop)
    {
        var given = new SettingSources(parsed, environment, new Dictionary<string, Setting>());
        TimeSpan timeout = given.Option(_timeout)?.As(Timeout) ?? DefaultTimeout;
        bool asJson = parsed.GetValue(_json) | (given.Option(_session.Log)?.As(SettingValues.Log) == LogFormat.Json);
        LocalTunnel? local = Local(new CommandLineTunnel(parsed, _tunnel.Service, given));
        IReportOutput report = asJson
            ? new ReportJson(output, TimeProvider.System)
            : new ReportText(output, isTerminal, isTerminal && string.IsNullOrEmpty(environment("NO_COLOR")), parsed.GetValue(_session.Quiet));
        var doctor = new Doctor([new ConfigurationCheck(() => run.Settings(_session, parsed)), .. Doctor.Checks], timeout, TimeProvider.System);
        await using var examination = new Examination(local);
        try
        {
            return (int)(await doctor.RunAsync(examination, report, stop).ConfigureAwait(false) ? ExitCode.Ok : ExitCode.Failed);
        }
        catch (OperationCanceledException)
        {
            return (int)ExitCode.Failed;
        }
    }

    private static LocalTunnel? Local(CommandLineTunnel written) => Array.Exists(AboutService, k => written.Read(k) is not null)
        ? new TunnelDefinition(written.Read, written.ReadAll, () => "Which local service? Give its port: ggrok doctor 3000").Make(TunnelKind.Http, "web")
        : null;

    private static TimeSpan Timeout(string text) => SettingValues.Duration(text) is var timeout && timeout > TimeSpan.Zero
        ? timeout
        : throw new UsageException("A check needs some time; write it like 5s.");
}
