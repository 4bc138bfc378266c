using System.Diagnostics;
using System.Globalization;
using System.Text;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Peers;

/// <summary>A script of <c>Peers/scripts</c>, run by Node.js.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private readonly Process _process;
    private int _disposed;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<int> _port = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NodeProcess(string script, string[] arguments)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine("scripts", script));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, e) => OnLine(e.Data);
        _process.ErrorDataReceived += (_, e) => OnLine(e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static string Folder { get; } = FindFolder();

    public static bool IsAvailable => Directory.Exists(Path.Combine(Folder, "node_modules"));

    /// <summary>Starts a local service and waits until it listens.</summary>
    public static async Task<(NodeProcess Process, Uri Url)> ServeAsync(params string[] arguments)
    {
        var process = new NodeProcess("server.mjs", arguments);
        int port = await Within.Bound(process._port.Task, $"node server.mjs {arguments[0]}");
        return (process, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));
    }

    /// <summary>Runs a visitor to its end; fails with its output unless it exits with 0.</summary>
    public static async Task VisitAsync(string kind, Uri url)
    {
        await using var process = new NodeProcess("client.mjs", [kind, url.AbsoluteUri.TrimEnd('/')]);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        await process._process.WaitForExitAsync(limit.Token);
        process._process.ExitCode.ShouldBe(0, process.Output);
    }

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
            _output.AppendLine(line);
        }

        if (line.StartsWith("PORT ", StringComparison.Ordinal))
        {
            _port.TrySetResult(int.Parse(line.AsSpan(5), CultureInfo.InvariantCulture));
        }
    }

    private static string FindFolder()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Ggrok.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return Path.Combine(folder, "Ggrok.Tests", "Peers");
    }
}

/// <summary>A test with outside programs; skipped, and counted as such, where they are not installed.</summary>
internal sealed class PeerFactAttribute : FactAttribute
{
    public PeerFactAttribute()
    {
        if (!NodeProcess.IsAvailable)
        {
            Skip = "Run npm ci in Ggrok.Tests/Peers for the tests with outside clients.";
        }
    }
}
