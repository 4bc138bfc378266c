using System.Globalization;
using System.Net.Http.Headers;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Chaos;

/// <summary>A server as a process of its own, which can be killed and started again with the same settings, on another port.</summary>
internal sealed class ServerProgram : IChaosServer
{
    private readonly (string Name, string Value)[] _settings;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Within.Limit };
    private readonly (string Program, string Arguments) _start;
    private RunningProgram _program = null!;

    private ServerProgram((string Program, string Arguments) start, (string Name, string Value)[] settings)
    {
        _start = start;
        _settings = settings;
    }

    public Uri Url { get; private set; } = null!;

    private static string Server => $"\"{Path.Combine(AppContext.BaseDirectory, "Ggrok.Server.dll")}\"";

    /// <summary>The most memory that the process held at once, in bytes.</summary>
    public long PeakBytes => _program.PeakBytes;

    public static Task<ServerProgram> StartAsync(params (string Name, string Value)[] settings) => StartAsync(("dotnet", Server), settings);

    /// <summary>
    /// One for which a folder is a disk of 2 MiB. Where this machine lets nobody mount one, no file can be larger than 100 KiB instead: the same
    /// failure at another place.
    /// </summary>
    public static async Task<ServerProgram> OnSmallDiskAsync(string folder, params (string Name, string Value)[] settings)
    {
        await using RunningProgram trial = RunningProgram.Start("unshare", $"-rm mount -t tmpfs -o size=2m tmpfs {folder}");
        (string Program, string Arguments) start = await trial.ExitAsync() == 0
            ? ("unshare", $"-rm sh -c \"mount -t tmpfs -o size=2m tmpfs {folder} && exec dotnet {Server.Trim('"')}\"")
            : ("sh", $"-c \"ulimit -f 200; exec dotnet {Server.Trim('"')}\"");
        return await StartAsync(start, settings);
    }

    /// <summary>Starts it again.</summary>
    public async Task StartAsync()
    {
        _program = RunningProgram.Start(_start.Program, _start.Arguments, environment:
            [("ASPNETCORE_URLS", "http://127.0.0.1:0"), .. _settings]);
        string listening = await _program.LineAsync("Now listening on");
        Url = new Uri(listening[listening.IndexOf("http://127.0.0.1:", StringComparison.Ordinal)..].Trim());
    }

    /// <summary>SIGKILL: it has no time for anything.</summary>
    public ValueTask KillAsync() => _program.DisposeAsync();

    public async Task<Holdings> LookAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Url, "/$$ggrok/metrics"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ChaosScene.AdminToken);
        using HttpResponseMessage answer = await _http.SendAsync(request);
        string text = await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
        return new Holdings(Value("ggrok_sessions"), Value("ggrok_streams"), Value("ggrok_sessions_opened_total"));

        int Value(string name) => int.Parse(
            text.Split('\n').Single(l => l.StartsWith(name + " ", StringComparison.Ordinal)).AsSpan(name.Length + 1), CultureInfo.InvariantCulture);
    }

    private static async Task<ServerProgram> StartAsync((string Program, string Arguments) start, (string Name, string Value)[] settings)
    {
        var server = new ServerProgram(start, settings);
        await server.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _program.DisposeAsync();
    }
}
