using Ggrok.Client.Connection;
using Ggrok.Client.Inspector;

namespace Ggrok.Tests.Testing;

/// <summary>A client within the test's process.</summary>
public sealed class RunningClient : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<ClientExit> _running;

    public RunningClient(TunnelClientOptions options, TimeProvider? time = null)
    {
        ClientId = options.ClientId;
        _running = InspectedClient.RunAsync(options, Events, time ?? TimeProvider.System, _stop.Token);
    }

    public RecordingEvents Events { get; } = new();

    public string ClientId { get; }

    /// <summary>How the client ended.</summary>
    public Task<ClientExit> Exit => Within.Bound(_running, "the client to end", Events.Log);

    /// <summary>What Ctrl-C does.</summary>
    public void Stop() => _stop.Cancel();

    public static TunnelClientOptions Options(Uri server, Uri target, Func<LocalTunnel, LocalTunnel>? tunnel = null, string? token = null, string? id = null)
    {
        var plain = new LocalTunnel { Name = "web", Target = target };
        return new TunnelClientOptions
        {
            Server = server,
            Token = token,
            ClientId = id ?? Guid.NewGuid().ToString("N"),
            Label = "anna@laptop",
            Tunnels = [tunnel?.Invoke(plain) ?? plain],
            DrainTimeout = TimeSpan.FromSeconds(5),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Exit;
        _stop.Dispose();
    }
}
