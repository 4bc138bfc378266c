using System.Diagnostics;
using System.Globalization;
using Ggrok.Tests.Testing;
using Npgsql;

namespace Ggrok.Tests.Inbox;

/// <summary>A real PostgreSQL of its own, in a temporary folder. It does not run as root, so a test that is root lends it another user.</summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    private const string LentUser = "nobody";

    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-pg-").FullName;
    private readonly string _bin = FindPrograms();

    public int Port { get; } = FreePorts.One();

    public string Url => UrlOf("postgres");

    public static async Task<PostgresCluster> StartAsync()
    {
        var cluster = new PostgresCluster();
        if (Environment.UserName == "root")
        {
            await RunAsync("chown", "-R", LentUser, cluster._folder);
        }

        string passwords = Path.Combine(cluster._folder, "password");
        await File.WriteAllTextAsync(passwords, "pass word\n");
        File.SetUnixFileMode(passwords, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await cluster.OwnAsync("initdb", "-D", cluster.Data, "-U", "tester", "--pwfile", passwords, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
        await cluster.StartServerAsync();
        return cluster;
    }

    /// <summary>A database of its own.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        string name = "d" + Guid.NewGuid().ToString("N");
        await using var connection = new NpgsqlConnection(string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=tester;Password=pass word;Database=postgres;Pooling=false"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync();
        return UrlOf(name);
    }

    /// <summary>Runs commands in a database, as somebody else does who has it.</summary>
    public async Task ExecuteAsync(string url, string sql)
    {
        await using NpgsqlConnection connection = await ConnectAsync(url);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of what a query gives.</summary>
    public async Task<IReadOnlyList<string>> QueryAsync(string url, string sql)
    {
        await using NpgsqlConnection connection = await ConnectAsync(url);
        await using var command = new NpgsqlCommand(sql, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }

    /// <summary>Runs a command in a transaction that stays open until it is disposed of, and then never was.</summary>
    public async Task<IAsyncDisposable> HoldAsync(string url, string sql)
    {
        NpgsqlConnection connection = await ConnectAsync(url);
        await using var command = new NpgsqlCommand("BEGIN; " + sql, connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private async Task<NpgsqlConnection> ConnectAsync(string url)
    {
        string database = new Uri(url).AbsolutePath.TrimStart('/');
        var connection = new NpgsqlConnection(string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=tester;Password=pass word;Database={database};Pooling=false"));
        await connection.OpenAsync();
        return connection;
    }

    private string UrlOf(string database) => string.Create(CultureInfo.InvariantCulture, $"postgres://tester:pass%20word@127.0.0.1:{Port}/{database}?sslmode=disable");

    private string Data => Path.Combine(_folder, "data");

    public Task StartServerAsync() => OwnAsync("pg_ctl", "-D", Data, "-w", "-t", "60", "-l", Path.Combine(_folder, "log"), "-o",
        string.Create(CultureInfo.InvariantCulture, $"-p {Port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=50"), "start");

    /// <summary>Stops it as a platform does that moves a database: at once, whoever is connected.</summary>
    public Task StopServerAsync() => OwnAsync("pg_ctl", "-D", Data, "-w", "-m", "fast", "stop");

    /// <summary>Ends it as a crash does: nothing is written any more, and the next start recovers from its log.</summary>
    public Task CrashServerAsync() => OwnAsync("pg_ctl", "-D", Data, "-w", "-m", "immediate", "stop");

    public async ValueTask DisposeAsync()
    {
        try
        {
            await CrashServerAsync();
        }
        catch (InvalidOperationException)
        {
            // A test that stopped it has left nothing to stop.
        }

        Directory.Delete(_folder, recursive: true);
    }

    private Task OwnAsync(string program, params string[] arguments)
    {
        string path = Path.Combine(_bin, program);
        return Environment.UserName == "root" ? RunAsync("setpriv", ["--reuid", LentUser, "--clear-groups", path, .. arguments]) : RunAsync(path, arguments);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        // Not redirected: the server would hold the pipes open for ever.
        var start = new ProcessStartInfo("sh", ["-c", "exec \"$@\" >/tmp/ggrok-pg.out 2>&1 </dev/null", "sh", program, .. arguments]) { WorkingDirectory = "/" };
        using Process process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        await process.WaitForExitAsync(limit.Token);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
        }
    }

    // Debian keeps the server's programs away from the path, by version.
    private static string FindPrograms()
    {
        string[] folders = [.. Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(d => Path.Combine(d, "bin")) : [],
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')];
        return Array.Find(folders, f => File.Exists(Path.Combine(f, "initdb")) && File.Exists(Path.Combine(f, "pg_ctl")))
            ?? throw new InvalidOperationException("There is no PostgreSQL (initdb, pg_ctl); install the package postgresql.");
    }
}
