using System.Globalization;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Chaos;

/// <summary>The client of a tenant, in this process or one of its own.</summary>
internal interface IChaosClient : IAsyncDisposable
{
    /// <summary>Port of the raw tunnel; 0 without one.</summary>
    int RawPort { get; }

    /// <summary>Streams that are open at its side; -1 where that cannot be seen.</summary>
    int OpenStreams { get; }
}

/// <summary>A client in this process.</summary>
internal sealed class ClientHere : IChaosClient
{
    private ClientHere(RunningClient running)
    {
        Running = running;
    }

    public RunningClient Running { get; }

    public int RawPort { get; private init; }

    public int OpenStreams => Running.Events.Pulse?.Invoke().Open ?? 0;

    public static async Task<ClientHere> StartAsync(TenantApp app, Uri server, bool isRaw, TimeProvider time, int connections = 1)
    {
        var web = new LocalTunnel { Name = "web", Target = app.Web, Path = "/" + app.Name };
        var raw = new LocalTunnel { Name = "raw", Target = app.Raw, Kind = TunnelKind.Tcp };
        TunnelClientOptions options = RunningClient.Options(server, app.Web, token: app.Name) with { Tunnels = isRaw ? [web, raw] : [web], Connections = connections };
        var client = new RunningClient(options, time);
        IReadOnlyList<PublicTunnel> ready = await client.Events.NextReadyAsync();
        return new ClientHere(client) { RawPort = isRaw ? ready[1].Url.Port : 0 };
    }

    public ValueTask DisposeAsync() => Running.DisposeAsync();
}

/// <summary>A client as a process of its own.</summary>
internal sealed class ClientProgram : IChaosClient
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-chaos").FullName;
    private string _arguments = "";
    private bool _isRaw;
    private RunningProgram _program = null!;

    public int RawPort { get; private set; }

    public int OpenStreams => -1;

    /// <summary>The most memory that the process held at once, in bytes.</summary>
    public long PeakBytes => _program.PeakBytes;

    public static async Task<ClientProgram> StartAsync(TenantApp app, Uri server, bool isRaw, int connections = 1)
    {
        var client = new ClientProgram();
        string tunnels = $"tunnels:\n  web: {{target: '{app.Web.Authority}', path: /{app.Name}}}\n" + (isRaw ? $"  raw: {{kind: tcp, target: '{app.Raw.Authority}'}}\n" : "");
        await File.WriteAllTextAsync(Path.Combine(client._folder, "ggrok.yml"), $"server: {server.AbsoluteUri}\ninspect: off\n{tunnels}");
        client._arguments = string.Create(CultureInfo.InvariantCulture, $"start --all --token {app.Name} --log json --connections {connections}");
        client._isRaw = isRaw;
        await client.StartAsync();
        return client;
    }

    /// <summary>SIGKILL: it has no time for anything.</summary>
    public ValueTask KillAsync() => _program.DisposeAsync();

    /// <summary>Starts it, again too; it is ready then.</summary>
    public async Task StartAsync()
    {
        _program = RunningProgram.Start("dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "ggrok.dll")}\" {_arguments}", _folder,
            [("XDG_CONFIG_HOME", _folder)]);
        await _program.LineAsync("\"ready\"");
        if (_isRaw)
        {
            using JsonDocument line = JsonDocument.Parse(await _program.LineAsync("\"url\":\"tcp://"));
            RawPort = new Uri(line.RootElement.GetProperty("url").GetString()!).Port;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
