using System.Diagnostics;
using System.Globalization;
using System.Net;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox;

/// <summary>A server whose disk takes no more.</summary>
public sealed class DiskTroubleTests : IDisposable
{
    private const int Limit = 64 * 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-disk-").FullName;
    private readonly int _port = FreePorts.One();
    private readonly HttpClient _http = new() { Timeout = Within.Limit };

    [Fact]
    public async Task What_cannot_be_written_is_refused_and_the_server_goes_on()
    {
        var received = new System.Collections.Concurrent.ConcurrentQueue<int>();
        await using LocalApp app = await LocalApp.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            received.Enqueue((int)body.Length);
        });
        await using RunningProgram server = await StartServerAsync();
        string id = Guid.NewGuid().ToString("N");
        await (await StartClientAsync(app, id)).DisposeAsync();

        // Every write beyond the limit fails, as it does when the disk is full: in the middle of a file.
        await LimitAsync(server.Id, Limit.ToString(CultureInfo.InvariantCulture));
        (await PostAsync(3 * Limit)).ShouldBe((HttpStatusCode.InsufficientStorage, "InboxFull"));
        (await PostAsync(1000)).ShouldBe((HttpStatusCode.Accepted, ""));
        await server.LineAsync("could not be stored in the inbox of");
        Directory.GetFiles(Path.Combine(_folder, "items")).Length.ShouldBe(1);
        await LimitAsync(server.Id, "unlimited");
        (await PostAsync(3 * Limit)).ShouldBe((HttpStatusCode.Accepted, ""));

        // A folder that is gone is another matter than one that is full.
        Directory.Move(Path.Combine(_folder, "items"), Path.Combine(_folder, "elsewhere"));
        (await PostAsync(1)).ShouldBe((HttpStatusCode.ServiceUnavailable, "InboxUnavailable"));
        Directory.Move(Path.Combine(_folder, "elsewhere"), Path.Combine(_folder, "items"));
        await using RunningClient client = await StartClientAsync(app, id);
        await Eventually.BecomesAsync(() => Task.FromResult(received.Count), 2);

        received.ShouldBe([1000, 3 * Limit]);
    }

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<(HttpStatusCode Status, string Error)> PostAsync(int bytes)
    {
        using var content = new ByteArrayContent(new byte[bytes]);
        using HttpResponseMessage answer = await _http.PostAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}/hook")), content);
        return (answer.StatusCode, answer.Headers.TryGetValues("X-Ggrok-Error", out IEnumerable<string>? error) ? error.Single() : "");
    }

    // The signal that comes with the limit would end it; a full disk sends none. The runtime's own memory must not count as a file.
    private async Task<RunningProgram> StartServerAsync()
    {
        RunningProgram server = RunningProgram.Start("sh", $"-c \"trap '' XFSZ; exec dotnet '{Path.Combine(AppContext.BaseDirectory, "Ggrok.Server.dll")}'\"", environment:
            [("PORT", _port.ToString(CultureInfo.InvariantCulture)), ("GGROK_INBOX_DIR", _folder), ("DOTNET_EnableWriteXorExecute", "0")]);
        await server.LineAsync("Now listening on");
        return server;
    }

    private async Task<RunningClient> StartClientAsync(LocalApp app, string id)
    {
        var client = new RunningClient(RunningClient.Options(
            new Uri($"http://127.0.0.1:{_port}"), app.Url, t => t with { Policies = [new PolicyDirective("inbox", "/*")] }, id: id));
        await client.Events.NextReadyAsync();
        return client;
    }

    private static async Task LimitAsync(int process, string bytes)
    {
        using Process limit = Process.Start("prlimit", string.Create(CultureInfo.InvariantCulture, $"--pid {process} --fsize={bytes}:unlimited"));
        await limit.WaitForExitAsync();
        limit.ExitCode.ShouldBe(0);
    }
}
