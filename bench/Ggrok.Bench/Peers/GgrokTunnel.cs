using System.Diagnostics;
using System.Globalization;
using Ggrok.Bench.Measuring;

namespace Ggrok.Bench.Peers;

/// <summary>This project, published as it is deployed.</summary>
internal sealed class GgrokTunnel(string published) : IPeer
{
    public string Name => "ggrok";

    public string? Missing => null;

    public ProcessGroup Processes { get; } = new();

    /// <summary>From starting <c>ggrok</c> to its line with the public URL.</summary>
    public TimeSpan StartTime { get; private set; }

    public async Task<string> StartAsync(int appPort, string folder)
    {
        int port = Ports.Free();
        string url = string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}");
        Process server = Shell.Start("dotnet", [Path.Combine(published, "server", "Ggrok.Server.dll")], redirect: true,
            [("PORT", port.ToString(CultureInfo.InvariantCulture)), ("GGROK_LOG_REQUESTS", "false")]);
        Processes.Add(server);
        Drain(server);
        await Ports.WaitForAsync(url + "/$$ggrok/health").ConfigureAwait(false);

        long started = Stopwatch.GetTimestamp();
        Process client = Shell.Start(Path.Combine(published, "client", "ggrok"),
            ["--server", url, "--target", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{appPort}"), "--quiet"], redirect: true,
            [("GGROK_CONFIG", Path.Combine(folder, "ggrok.yml"))]);
        Processes.Add(client);
        string line = await client.StandardOutput.ReadLineAsync().ConfigureAwait(false) ?? await client.StandardError.ReadToEndAsync().ConfigureAwait(false);
        StartTime = Stopwatch.GetElapsedTime(started);
        if (!line.StartsWith("Forwarding", StringComparison.Ordinal))
        {
            throw new InvalidOperationException("ggrok did not start: " + line);
        }

        Drain(client);
        return url;
    }

    public void Dispose() => Processes.Dispose();

    private static void Drain(Process process)
    {
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
    }
}
