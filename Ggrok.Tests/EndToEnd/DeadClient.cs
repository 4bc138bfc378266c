using Ggrok.Server.Tunnels;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.EndToEnd;

/// <summary>
/// A client in a process of its own that is killed, and others of the same installation after it. The server's patience with it
/// is longer than a test's.
/// </summary>
internal sealed class DeadClient : IAsyncDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("ggrok-").FullName;
    private readonly TaskCompletionSource _stays = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _requests;
    private RunningProgram? _client;

    public required RunningServer Server { get; init; }

    public HttpClient Visitor { get; private set; } = new();

    public TunnelSession Session { get; private set; } = null!;

    /// <summary>A request for /stay is at the local service, which never answers it.</summary>
    public Task Stays => _stays.Task;

    /// <summary>Requests that the local service has seen.</summary>
    public int Requests => Volatile.Read(ref _requests);

    private LocalApp App { get; set; } = null!;

    public static async Task<DeadClient> StartAsync()
    {
        var scene = new DeadClient { Server = await RunningServer.StartAsync([("GGROK_SHUTDOWN_GRACE", "10m"), ("GGROK_RESUME_GRACE", "1h"), ("GGROK_RESPONSE_TIMEOUT", "10m")]) };
        scene.App = await LocalApp.StartAsync(scene.AnswerAsync);
        scene.Visitor = new HttpClient { BaseAddress = scene.Server.Url, Timeout = Within.Limit };
        scene._client = scene.StartClient();
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Server.Get<SessionDirectory>().Sessions.Count()), 1);
        scene.Session = scene.Server.Get<SessionDirectory>().Sessions.Single();
        return scene;
    }

    public RunningProgram StartClient() => RunningProgram.Start(
        "dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "ggrok.dll")}\" {App.Url} --server {Server.Url} --inspect off", _home, [("XDG_CONFIG_HOME", _home)]);

    /// <summary>Kills the client; the server notices, and waits for it.</summary>
    public async Task KillAsync()
    {
        await _client!.DisposeAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(Session.IsSuspended), true);
    }

    public async ValueTask DisposeAsync()
    {
        await _client!.DisposeAsync();
        Visitor.Dispose();
        await Server.DisposeAsync();
        await App.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        if (context.Request.Path == "/stay")
        {
            _stays.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return;
        }

        await context.Response.WriteAsync(await new StreamReader(context.Request.Body).ReadToEndAsync());
    }
}
