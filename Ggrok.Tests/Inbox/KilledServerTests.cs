using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox;

/// <summary>The server as a process of its own, killed at any instant while webhooks come.</summary>
public sealed class KilledServerTests : IAsyncLifetime
{
    private const int Senders = 16;
    private const int Kills = 4;
    private const int AnsweredBetweenKills = 100;

    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-kill-").FullName;
    private readonly int _port = FreePorts.One();
    private readonly ConcurrentDictionary<string, string> _promised = new(StringComparer.Ordinal);
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Within.Limit };
    private int _sent;

    [Fact]
    public async Task What_was_answered_is_delivered_exactly_as_it_was_sent_however_often_the_server_is_killed()
    {
        var received = new ConcurrentQueue<(string Id, string Hash)>();
        await using LocalApp app = await LocalApp.StartAsync(async context =>
        {
            received.Enqueue((context.Request.Headers["Ggrok-Delivery-Id"].ToString(), Convert.ToHexStringLower(await SHA256.HashDataAsync(context.Request.Body))));
        });
        string id = Guid.NewGuid().ToString("N");
        RunningProgram server = await StartServerAsync();
        await (await StartClientAsync(app, id)).DisposeAsync();
        using var stop = new CancellationTokenSource();
        Task[] senders = [.. Enumerable.Range(0, Senders).Select(_ => SendAsync(stop.Token))];

        for (int kill = 0; kill < Kills; kill++)
        {
            int before = _promised.Count;
            await Eventually.BecomesAsync(() => Task.FromResult(_promised.Count >= before + AnsweredBetweenKills), true);

            // Killed, not asked.
            await server.DisposeAsync();
            server = await StartServerAsync();
        }

        await stop.CancelAsync();
        await Task.WhenAll(senders);
        await using RunningProgram last = server;
        await using RunningClient client = await StartClientAsync(app, id);
        await Eventually.BecomesAsync(() => Task.FromResult(_promised.Keys.Except(received.Select(r => r.Id)).Count()), 0);

        _promised.Count.ShouldBeGreaterThanOrEqualTo(Kills * AnsweredBetweenKills);
        foreach ((string delivery, string hash) in received)
        {
            if (_promised.TryGetValue(delivery, out string? promised))
            {
                hash.ShouldBe(promised);
            }
        }

        received.DistinctBy(r => r.Id).Select(r => r.Id).ShouldBeInOrder(SortDirection.Ascending, StringComparer.Ordinal);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    private async Task<RunningProgram> StartServerAsync()
    {
        RunningProgram server = RunningProgram.Start("dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "Ggrok.Server.dll")}\"", environment:
            [("PORT", _port.ToString(CultureInfo.InvariantCulture)), ("GGROK_LOG_REQUESTS", "false"), ("GGROK_INBOX_DIR", _folder)]);
        await server.LineAsync("Now listening on");
        return server;
    }

    private async Task<RunningClient> StartClientAsync(LocalApp app, string id)
    {
        var client = new RunningClient(RunningClient.Options(
            new Uri($"http://127.0.0.1:{_port}"), app.Url, t => t with { Policies = [new PolicyDirective("inbox", "/hooks/*"), new PolicyDirective("inbox-max-requests", "100000"), new PolicyDirective("inbox-max-bytes", "1GiB")] }, id: id));
        await client.Events.NextReadyAsync();
        return client;
    }

    private async Task SendAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            byte[] body = RandomNumberGenerator.GetBytes(RandomNumberGenerator.GetInt32(1, 20_000));
            try
            {
                using var content = new ByteArrayContent(body);
                using HttpResponseMessage answer = await _http.PostAsync(
                    new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}/hooks/{Interlocked.Increment(ref _sent)}")), content, CancellationToken.None);
                if (answer.StatusCode == HttpStatusCode.Accepted)
                {
                    _promised[answer.Headers.GetValues("Ggrok-Delivery-Id").Single()] = Convert.ToHexStringLower(SHA256.HashData(body));
                }
            }
            catch (HttpRequestException)
            {
                // The server is being killed: nothing was promised. Refused at once, again and again, this would take the processor from the next one.
                await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
            }
        }
    }
}
