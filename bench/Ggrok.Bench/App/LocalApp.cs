using Ggrok.Bench.Peers;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.App;

/// <summary>The local app of every column: nginx with a 2 KiB file, a big file, and a sink that reads uploads.</summary>
internal sealed class LocalApp : IDisposable
{
    public const int SmallBytes = 2048;

    private readonly string _files;
    private readonly UploadSink _sink = new();
    private BackgroundProcess? _nginx;

    private LocalApp(string files, BulkFile bulk)
    {
        _files = files;
        Bulk = bulk;
    }

    public int Port { get; } = Ports.Free();

    public BulkFile Bulk { get; }

    public static async Task<LocalApp> StartAsync(string folder, long bulkBytes, CancellationToken stop)
    {
        string files = Directory.CreateDirectory(FolderForFiles(folder, bulkBytes)).FullName;
        LocalApp? app = null;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(files, "small"), new string('x', SmallBytes), stop).ConfigureAwait(false);
            app = new LocalApp(files, await BulkFile.CreateAsync(Path.Combine(files, "bulk"), bulkBytes, stop).ConfigureAwait(false));
            await app.StartNginxAsync(folder, stop).ConfigureAwait(false);
            return app;
        }
        catch
        {
            app?.Dispose();
            if (app is null)
            {
                Directory.Delete(files, recursive: true);
            }

            throw;
        }
    }

    public void Dispose()
    {
        _nginx?.Dispose();
        _sink.Dispose();
        Directory.Delete(_files, recursive: true);
    }

    private async Task StartNginxAsync(string folder, CancellationToken stop)
    {
        _nginx = Nginx.Start(folder, "app", $$"""
            listen 127.0.0.1:{{Port}}; root {{_files}};
            location /upload { proxy_pass http://127.0.0.1:{{_sink.Port}}; proxy_http_version 1.1; proxy_request_buffering off; }
            """);
        await Ports.WaitForAsync(Entrance.At(Port), stop, _nginx).ConfigureAwait(false);
    }

    // In memory if there is room, so that no disk takes part.
    private static string FolderForFiles(string folder, long bulkBytes)
    {
        const string memory = "/dev/shm";
        bool room = Directory.Exists(memory) && new DriveInfo(memory).AvailableFreeSpace > 2 * bulkBytes;
        return Path.Combine(room ? memory : folder, Path.GetFileName(folder) + "-files");
    }
}
