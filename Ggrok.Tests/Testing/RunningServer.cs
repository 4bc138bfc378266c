using Ggrok.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ggrok.Tests.Testing;

/// <summary>A Ggrok server on a real Kestrel, on a free port of the loopback interface.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    private readonly string _inbox;

    private RunningServer(WebApplication app, RecordingLogs logs, string inbox)
    {
        App = app;
        Logs = logs;
        _inbox = inbox;
    }

    public WebApplication App { get; }

    public RecordingLogs Logs { get; }

    public Uri Url => new(App.Urls.First(u => u.StartsWith("http://", StringComparison.Ordinal)));

    /// <summary>The first address with TLS, for tests that add one.</summary>
    public Uri SecureUrl => new(App.Urls.First(u => u.StartsWith("https://", StringComparison.Ordinal)));

    /// <param name="settings">Settings such as ("GGROK_TOKENS", "secret").</param>
    /// <param name="kestrel">Further endpoints.</param>
    /// <param name="port">0 for a free one.</param>
    /// <param name="time">Clock; null for the system's.</param>
    public static async Task<RunningServer> StartAsync(
        IEnumerable<(string Name, string Value)>? settings = null, Action<KestrelServerOptions>? kestrel = null, int port = 0, TimeProvider? time = null)
    {
        var logs = new RecordingLogs();

        // There only where the test keeps requests.
        string inbox = Path.Combine(Path.GetTempPath(), "ggrok-inbox-" + Guid.NewGuid().ToString("N"));
        WebApplication app = GgrokServer.Build([], builder =>
        {
            // Only what the test says counts, not the environment of the machine.
            builder.Configuration.Sources.Clear();
            // What is not there is mostly asked for on purpose.
            builder.Configuration.AddInMemoryCollection([new("GGROK_STARTUP_WAIT", "0")]);
            builder.Configuration.AddInMemoryCollection((settings ?? []).Concat(settings?.Any(s => s.Name is "GGROK_INBOX_DIR" or "DATABASE_URL") == true ? [] : [("GGROK_INBOX_DIR", inbox)]).Select(s => KeyValuePair.Create(s.Name, (string?)s.Value)));
            if (kestrel is null)
            {
                builder.Configuration["URLS"] = $"http://127.0.0.1:{port}";
                builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
            }
            else
            {
                builder.WebHost.ConfigureKestrel(o =>
                {
                    o.Listen(System.Net.IPAddress.Loopback, port);
                    kestrel(o);
                });
            }

            builder.Services.AddSingleton<ILoggerProvider>(logs);
            if (time is not null)
            {
                builder.Services.AddSingleton(time);
            }
        });
        await app.StartAsync();
        return new RunningServer(app, logs, inbox);
    }

    public T Get<T>()
        where T : notnull => App.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await App.StopAsync(soon.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        await App.DisposeAsync();
        if (Directory.Exists(_inbox))
        {
            Directory.Delete(_inbox, recursive: true);
        }
    }
}
