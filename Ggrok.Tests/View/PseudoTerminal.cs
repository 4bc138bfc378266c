using System.Diagnostics;
using System.Globalization;
using System.Text;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.View;

/// <summary>A program in a real pseudo-terminal, which <c>script</c> of util-linux makes.</summary>
internal sealed class PseudoTerminal : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Task _reading;

    private PseudoTerminal(string command, int width, int height, IEnumerable<(string Name, string Value)> environment)
    {
        // The shell gets Ctrl-C, too, and has to say afterwards how things stand.
        string shell = string.Create(CultureInfo.InvariantCulture, $"trap : INT; stty cols {width} rows {height}; {command}; echo code=$?.; stty -a");
        var start = new ProcessStartInfo("script") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["--quiet", "--return", "--flush", "--command", shell, "/dev/null"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["TERM"] = "xterm-256color";
        start.Environment["SHELL"] = "/bin/sh";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _reading = ReadAsync();
    }

    /// <summary>Everything that came, as it came.</summary>
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

    public static PseudoTerminal Start(string command, int width, int height, params IEnumerable<(string Name, string Value)> environment) =>
        new(command, width, height, environment);

    /// <summary>Waits for a text among what is shown.</summary>
    public async Task SeesAsync(string text)
    {
        DateTime limit = DateTime.UtcNow + Within.Limit;
        while (!Drawn.Plain(Output).Contains(text, StringComparison.Ordinal))
        {
            (DateTime.UtcNow < limit).ShouldBeTrue($"Waited for \"{text}\" in: {Output}");
            await Task.Delay(10);
        }
    }

    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>All that came until the end.</summary>
    public async Task<string> EndAsync()
    {
        await Within.Bound(_reading, "the end of the terminal");
        await Within.Bound(_process.WaitForExitAsync(), "the end of script");
        return Output;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        char[] buffer = new char[4096];
        while (await _process.StandardOutput.ReadAsync(buffer) is var count && count > 0)
        {
            lock (_output)
            {
                _output.Append(buffer, 0, count);
            }
        }
    }
}
