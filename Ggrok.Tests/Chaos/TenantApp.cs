using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Chaos;

/// <summary>
/// The local service of one tenant. Each answer says whose it is and which request it answers; every request is counted by
/// its id, and what is none of its own is kept as a stray.
/// </summary>
internal sealed class TenantApp : IAsyncDisposable
{
    public const string IdField = "X-Chaos-Id";
    public const string TenantField = "X-Chaos-Tenant";
    public const string ChecksumField = "X-Chaos-Sha256";

    private readonly LocalApp _web;
    private readonly EchoService _echo;

    private TenantApp(string name, LocalApp web)
    {
        Name = name;
        _web = web;
        _echo = new EchoService(name, id => Count(id));
    }

    public string Name { get; }

    public Uri Web => _web.Url;

    public Uri Raw => _echo.Url;

    /// <summary>How often each request came here.</summary>
    public ConcurrentDictionary<string, int> Seen { get; } = new();

    /// <summary>Requests of other tenants.</summary>
    public ConcurrentQueue<string> Strays { get; } = new();

    /// <summary>Checksums of downloads, by request; there before the last byte is sent.</summary>
    public ConcurrentDictionary<string, string> Checksums { get; } = new();

    public static async Task<TenantApp> StartAsync(string name)
    {
        TenantApp? tenant = null;
        LocalApp web = await LocalApp.StartAsync(context => tenant!.ServeAsync(context));
        return tenant = new TenantApp(name, web);
    }

    /// <summary>How often each request came that came more than once.</summary>
    public IEnumerable<string> Repeated() => Seen.Where(s => s.Value > 1).Select(s => $"{s.Key} came {s.Value} times");

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        await _echo.DisposeAsync();
    }

    private void Count(string id)
    {
        Seen.AddOrUpdate(id, 1, static (_, n) => n + 1);
        if (!id.StartsWith(Name + "-", StringComparison.Ordinal))
        {
            Strays.Enqueue(id);
        }
    }

    private Task ServeAsync(HttpContext context)
    {
        string id = context.Request.Headers[IdField].ToString();
        Count(id);
        context.Response.Headers[IdField] = id;
        context.Response.Headers[TenantField] = Name;
        string[] path = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return path switch
        {
            [_, "small"] => context.Response.WriteAsync($"{Name} {id}"),
            [_, "echo"] => EchoAsync(context),
            [_, "download", var bytes, var seed] => DownloadAsync(context, id, long.Parse(bytes, CultureInfo.InvariantCulture), int.Parse(seed, CultureInfo.InvariantCulture)),
            [_, "upload"] => UploadAsync(context),
            [_, "socket"] => WebSocketAsync(context),
            _ => Task.Run(() => Strays.Enqueue(context.Request.Path)),
        };
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        context.Response.Headers[ChecksumField] = Convert.ToHexStringLower(SHA256.HashData(body.GetBuffer().AsSpan(0, (int)body.Length)));
        if (body.Length % 2 == 0)
        {
            context.Response.ContentLength = body.Length;
        }

        body.Position = 0;
        await body.CopyToAsync(context.Response.Body);
    }

    private async Task DownloadAsync(HttpContext context, string id, long bytes, int seed)
    {
        if (seed % 2 == 0)
        {
            context.Response.ContentLength = bytes;
        }

        using var checksum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var pattern = new Pattern(seed);
        for (long left = bytes; left > 0;)
        {
            ReadOnlyMemory<byte> block = pattern.Next(left);
            left -= block.Length;
            checksum.AppendData(block.Span);
            if (left == 0)
            {
                Checksums[id] = Convert.ToHexStringLower(checksum.GetHashAndReset());
            }

            await context.Response.Body.WriteAsync(block);
        }
    }

    private static async Task UploadAsync(HttpContext context)
    {
        using var checksum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[64 * 1024];
        long sum = 0;
        while (await context.Request.Body.ReadAsync(buffer) is var count and > 0)
        {
            checksum.AppendData(buffer.AsSpan(0, count));
            sum += count;
        }

        context.Response.Headers[ChecksumField] = Convert.ToHexStringLower(checksum.GetHashAndReset());
        await context.Response.WriteAsync(sum.ToString(CultureInfo.InvariantCulture));
    }

    private async Task WebSocketAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[8 * 1024];
        try
        {
            while (true)
            {
                WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, default);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, Name, default);
                    return;
                }

                await socket.SendAsync(buffer.AsMemory(0, result.Count), result.MessageType, result.EndOfMessage, default);
            }
        }
        catch (WebSocketException)
        {
            // Broken off, as scenes with kills do.
        }
    }
}
