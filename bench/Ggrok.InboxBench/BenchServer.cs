using System.Diagnostics;
using Ggrok.Server.Hosting;
using Microsoft.AspNetCore.Builder;

namespace Ggrok.InboxBench;

/// <summary>The server in a process of its own.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private const string Mark = "> ";

    private readonly Process _process;

    private BenchServer(Process process, Uri url)
    {
        _process = process;
        Url = url;
    }

    public Uri Url { get; }

    /// <summary>Runs the server until the input ends.</summary>
    public static async Task RunAsync()
    {
        await using WebApplication app = GgrokServer.Build(["--urls", "http://127.0.0.1:0", "--GGROK_LOG_REQUESTS=false"]);
        await app.StartAsync().ConfigureAwait(false);
        Console.WriteLine(Mark + app.Urls.First());
        while (Console.ReadLine() is not null)
        {
        }
    }

    /// <summary>Starts it.</summary>
    public static async Task<BenchServer> StartAsync(string setting, string value)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(BenchServer).Assembly.Location, "server"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment.Remove("DATABASE_URL");
        start.Environment.Remove("GGROK_INBOX_DIR");
        start.Environment["GGROK_INBOX_MAX_BYTES"] = "100GB";
        start.Environment[setting] = value;
        Process process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line.StartsWith(Mark, StringComparison.Ordinal))
            {
                // Else it would stand still once nobody reads its log.
                _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
                return new BenchServer(process, new Uri(line[Mark.Length..]));
            }
        }

        throw new InvalidOperationException("The server has ended.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await _process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
