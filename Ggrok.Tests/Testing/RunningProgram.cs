using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Ggrok.Tests.Testing;

/// <summary>A program as a platform runs it: its output, its exit code, SIGTERM.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private readonly Process _process;
    private int _disposed;
    private readonly StringBuilder _output = new();
    private readonly List<(string Text, TaskCompletionSource<string> Seen)> _awaited = [];

    private RunningProgram(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => OnLine(e.Data);
        _process.ErrorDataReceived += (_, e) => OnLine(e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>The most memory that it held at once, in bytes; on Linux, while it runs.</summary>
    public long PeakBytes
    {
        get
        {
            string line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/status")).Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return 1024 * long.Parse(line.AsSpan("VmHWM:".Length, line.Length - "VmHWM:".Length - "kB".Length).Trim(), CultureInfo.InvariantCulture);
        }
    }

    public static RunningProgram Start(string program, string arguments, string? folder = null, IEnumerable<(string Name, string Value)>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };

        // The settings of the machine that tests must not count.
        foreach (string name in start.Environment.Keys.Where(n => n.StartsWith("GGROK_", StringComparison.Ordinal) || n.StartsWith("ASPNETCORE_", StringComparison.Ordinal) || n.StartsWith("OTEL_", StringComparison.Ordinal) || n == "PORT").ToList())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        return new RunningProgram(start);
    }

    /// <summary>The first line that has the text, also of those that came before.</summary>
    public Task<string> LineAsync(string text)
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_output)
        {
            string? line = Array.Find(_output.ToString().Split('\n'), l => l.Contains(text, StringComparison.Ordinal));
            if (line is not null)
            {
                seen.SetResult(line);
            }

            _awaited.Add((text, seen));
        }

        return Within.Bound(seen.Task, $"\"{text}\"", [Output]);
    }

    /// <summary>Asks it to end, as platforms do.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", string.Create(CultureInfo.InvariantCulture, $"-TERM {_process.Id}"));
        await kill.WaitForExitAsync();
    }

    /// <summary>Its exit code, once it has ended.</summary>
    public async Task<int> ExitAsync(TimeSpan? within = null)
    {
        using var limit = new CancellationTokenSource(within ?? Within.Limit);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.Append(line).Append('\n');
            foreach ((_, TaskCompletionSource<string> seen) in _awaited.Where(a => line.Contains(a.Text, StringComparison.Ordinal)))
            {
                seen.TrySetResult(line);
            }
        }
    }
}
