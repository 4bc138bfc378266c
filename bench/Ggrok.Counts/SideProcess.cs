using System.Diagnostics;
using System.Text.Json;

namespace Ggrok.Counts;

/// <summary>A <see cref="Side"/> as seen from outside.</summary>
internal sealed class SideProcess : IAsyncDisposable
{
    private readonly Process _process;

    private SideProcess(Process process, string firstLine)
    {
        _process = process;
        FirstLine = firstLine;
    }

    public string FirstLine { get; }

    public static async Task<SideProcess> StartAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(SideProcess).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start)!;
        return new SideProcess(process, await NextLineAsync(process).ConfigureAwait(false));
    }

    public async Task<SideCounts> CountAsync()
    {
        await _process.StandardInput.WriteLineAsync("count").ConfigureAwait(false);
        return JsonSerializer.Deserialize<SideCounts>(await NextLineAsync(_process).ConfigureAwait(false))!;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
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

    private static async Task<string> NextLineAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line.StartsWith(Side.Mark, StringComparison.Ordinal))
            {
                return line[Side.Mark.Length..];
            }
        }

        throw new InvalidOperationException("A side has ended.");
    }
}
