using Ggrok.Client.Cli;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Client;

/// <summary>The whole command line in process; what would open the tunnel is a double.</summary>
public abstract class CommandLineScene : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-test").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    protected CommandLineScene()
    {
        Variables = new Dictionary<string, string> { ["GGROK_CONFIG"] = ConfigPath };
    }

    protected Dictionary<string, string> Variables { get; }

    protected string ConfigPath => Path.Combine(_folder, "ggrok.yml");

    /// <summary>Holds everything that a test writes.</summary>
    protected string Folder => _folder;

    /// <summary>Where the command line is run; null for nowhere.</summary>
    protected string? WorkingFolder { get; set; }

    /// <summary>What is on standard input.</summary>
    protected string Input { get; set; } = "";

    protected string Output => _output.ToString();

    protected string Error => _error.ToString();

    /// <summary>What the tunnel was asked to be; null when none was opened.</summary>
    protected TunnelClientOptions? Opened { get; private set; }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _output.Dispose();
        _error.Dispose();
        GC.SuppressFinalize(this);
    }

    protected Task<int> RunAsync(params string[] arguments) =>
        new CommandLine(_output, _error, isTerminal: false, n => Variables.GetValueOrDefault(n), Pretend, WorkingFolder, new StringReader(Input))
            .InvokeAsync(arguments, default);

    /// <summary>Forgets what was written and opened so far.</summary>
    protected void Clear()
    {
        _output.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
        Opened = null;
    }

    private Task<ClientExit> Pretend(TunnelClientOptions options, IClientEvents events, CancellationToken stop)
    {
        Opened = options;
        events.Ready([new PublicTunnel("web", new Uri("https://x"), new Uri("http://localhost:3000"))]);
        events.ExchangeCompleted(new ExchangeSummary("id", "web", "GET", "/a\u001b[31m", 0, RelayError.LocalUnreachable, TimeSpan.FromMilliseconds(1.5), 1, 2));
        events.Lost("gone", TimeSpan.FromSeconds(1));
        return Task.FromResult(new ClientExit(ExitCode.Ok, null));
    }
}
