using System.Diagnostics;
using System.Threading.Channels;

namespace Ggrok.Bench.Programs;

/// <summary>A program that runs until it is disposed of. Its last lines are kept for the error message that may need them.</summary>
internal sealed class BackgroundProcess : IDisposable
{
    private const int KeptLines = 20;

    // What would make a run depend on who runs it: settings of ours, of the runtime and of proxies.
    private static readonly string[] Scrubbed = ["GGROK_", "ASPNETCORE_", "DOTNET_", "COMPlus_", "MSBUILD", "NODE_OPTIONS", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

    private readonly Process _process;
    private readonly Queue<string> _last = new();
    private readonly Channel<string> _lines = Channel.CreateBounded<string>(new BoundedChannelOptions(256) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly CountdownEvent _openStreams = new(2);

    private BackgroundProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>How it ended and what it said last.</summary>
    public string LastWords
    {
        get
        {
            // The end of a process is known before its last lines are here; a child that lives on may keep them open for ever.
            bool ended = HasExited;
            if (ended)
            {
                _openStreams.Wait(TimeSpan.FromSeconds(1));
            }

            string ending = ended ? $" ended with {_process.ExitCode}:" : ":";
            lock (_last)
            {
                string words = _last.Count == 0 ? "nothing said" : Tail.Of(string.Join(Environment.NewLine, _last));
                return $"{Path.GetFileName(_process.StartInfo.FileName)}{ending} {words}";
            }
        }
    }

    public static BackgroundProcess Start(string program, string[] arguments, string? folder = null, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "",
        };
        foreach (string name in start.Environment.Keys.Where(IsScrubbed).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        var background = new BackgroundProcess(new Process { StartInfo = start });
        background._process.OutputDataReceived += background.OnLine;
        background._process.ErrorDataReceived += background.OnLine;
        background._process.Start();
        background._process.StandardInput.Close();
        background._process.BeginOutputReadLine();
        background._process.BeginErrorReadLine();
        return background;
    }

    /// <summary>Waits for a line that begins with <paramref name="prefix"/>.</summary>
    /// <exception cref="InvalidOperationException">It ended, or said no such thing within 15 s.</exception>
    public async Task WaitForLineAsync(string prefix, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(TimeSpan.FromSeconds(15));
        try
        {
            await foreach (string line in _lines.Reader.ReadAllAsync(limit.Token).ConfigureAwait(false))
            {
                if (line.StartsWith(prefix, StringComparison.Ordinal))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // Told below, with what it did say.
        }

        throw new InvalidOperationException($"\"{prefix}\" never came. {LastWords}");
    }

    /// <exception cref="InvalidOperationException">It has ended.</exception>
    public void ThrowIfEnded()
    {
        if (HasExited)
        {
            throw new InvalidOperationException(LastWords);
        }
    }

    /// <summary>Kills it and its children.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static bool IsScrubbed(string name) =>
        !name.StartsWith("DOTNET_ROOT", StringComparison.Ordinal)
        && (name is "PORT" or "HOST" or "URLS" || Scrubbed.Any(s => name.StartsWith(s, StringComparison.OrdinalIgnoreCase)));

    private void OnLine(object sender, DataReceivedEventArgs e)
    {
        if (e.Data is null)
        {
            if (_openStreams.Signal())
            {
                _lines.Writer.TryComplete();
            }

            return;
        }

        lock (_last)
        {
            _last.Enqueue(e.Data);
            if (_last.Count > KeptLines)
            {
                _last.Dequeue();
            }
        }

        _lines.Writer.TryWrite(e.Data);
    }
}
