using System.Globalization;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>A test with programs of the system; skipped, and counted as such, where they are not installed.</summary>
internal sealed class ToolTheoryAttribute : TheoryAttribute
{
    public ToolTheoryAttribute(params string[] programs)
    {
        string[] missing = [.. programs.Where(p => !Tool.IsInstalled(p))];
        if (missing.Length > 0)
        {
            Skip = $"Install {string.Join(", ", missing)} for this test; .ci/run names the packages.";
        }
    }
}

/// <summary>Programs of the system.</summary>
internal static class Tool
{
    public static bool IsInstalled(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Runs a program to its end and returns what it wrote; fails unless it exits with 0.</summary>
    public static async Task<string> RunAsync(string program, string arguments, string? folder = null, params (string, string)[] environment)
    {
        await using RunningProgram running = RunningProgram.Start(program, arguments, folder, environment);
        (await running.ExitAsync(TimeSpan.FromSeconds(90))).ShouldBe(0, $"{program} {arguments}\n{running.Output}");
        return running.Output;
    }
}

/// <summary>A PostgreSQL of its own in a temporary folder, on the loopback interface.</summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-postgres").FullName;
    private RunningProgram? _server;

    public int Port { get; private set; }

    private string Data => Path.Combine(_folder, "data");

    private static bool IsRoot => Environment.UserName == "root";

    private static string Binaries => Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Last() + "/bin";

    public async Task InitializeAsync()
    {
        if (!Tool.IsInstalled("pgbench") || !Directory.Exists("/usr/lib/postgresql"))
        {
            return;
        }

        if (IsRoot)
        {
            await Tool.RunAsync("chown", $"postgres {_folder}");
        }

        (string program, string arguments) = AsOrdinaryUser("initdb", $"-D {Data} -A trust -U postgres -N");
        await Tool.RunAsync(program, arguments, _folder);
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            (string program, string arguments) = AsOrdinaryUser("pg_ctl", $"-D {Data} -m fast -w stop");
            await Tool.RunAsync(program, arguments, _folder);
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    // It cannot choose a free port itself, and one found for it may be taken by then.
    private async Task StartAsync()
    {
        for (int attempt = 1; ; attempt++)
        {
            Port = FreePorts.One();
            (string program, string arguments) = AsOrdinaryUser("postgres", string.Create(CultureInfo.InvariantCulture,
                $"-D {Data} -p {Port} -h 127.0.0.1 -k {_folder} -F -c max_connections=50"));
            _server = RunningProgram.Start(program, arguments, _folder, [("LC_ALL", "C")]);
            Task<string> ready = _server.LineAsync("ready to accept connections");
            if (await Task.WhenAny(ready, _server.ExitAsync()) == ready || attempt == 5)
            {
                await ready;
                return;
            }

            await _server.DisposeAsync();
        }
    }

    // It refuses to run as root.
    private static (string Program, string Arguments) AsOrdinaryUser(string program, string arguments) => IsRoot
        ? ("runuser", $"-u postgres -- {Binaries}/{program} {arguments}")
        : ($"{Binaries}/{program}", arguments);
}

/// <summary>A Redis of its own that keeps nothing on disk.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly RunningProgram _process;

    private RedisServer(RunningProgram process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    public static async Task<RedisServer> StartAsync()
    {
        for (int attempt = 1; ; attempt++)
        {
            int port = FreePorts.One();
            var process = RunningProgram.Start("redis-server", string.Create(CultureInfo.InvariantCulture,
                $"--bind 127.0.0.1 --port {port} --save \"\" --appendonly no --daemonize no"), Path.GetTempPath());
            Task<string> ready = process.LineAsync("eady to accept connections");
            if (await Task.WhenAny(ready, process.ExitAsync()) == ready || attempt == 5)
            {
                await ready;
                return new RedisServer(process, port);
            }

            await process.DisposeAsync();
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
