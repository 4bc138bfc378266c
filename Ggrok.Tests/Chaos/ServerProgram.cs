using System.Globalization;
using System.Net.Http.Headers;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Chaos;

/// <summary>A server as a process of its own, which can be killed and started again with the same settings, on another port.</summary>
internal sealed class ServerProgram : IChaosServer
{
    private readonly (string Name, string Value)[] _settings;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Within.Limit };
    private RunningProgram _program = null!;

    private ServerProgram((string Name, string Value)[] settings)
    {
        _settings = settings;
    }

    public Uri Url { get; private set; } = null!;

    /// <summary>The most memory that the process held at once, in bytes.</summary>
    public long PeakBytes => _program.PeakBytes;

    public static async Task<ServerProgram> StartAsync(params (string Name, string Value)[] settings)
    {
        var server = new ServerProgram(settings);
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts it again.</summary>
    public async Task StartAsync()
    {
        _program = RunningProgram.Start("dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "Ggrok.Server.dll")}\"", environment:
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

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _program.DisposeAsync();
    }
}
