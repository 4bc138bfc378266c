using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Chaos;

/// <summary>Visits to one tenant; each throws unless its answer is the right one, whole, and of this tenant and request.</summary>
internal sealed class Visitor(Tenant tenant, HttpClient http)
{
    /// <summary>With prior knowledge, over one connection with all others who do; WebSockets stay with HTTP/1.1.</summary>
    public bool UsesHttp2 { get; init; }

    public async Task SmallAsync(string id)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, "small", id);
        (await response.Content.ReadAsStringAsync()).ShouldBe($"{tenant.Name} {id}");
    }

    /// <summary>A body there and back.</summary>
    public async Task EchoAsync(string id, int bytes, bool chunked)
    {
        byte[] body = Pattern.Bytes(bytes, bytes);
        using HttpResponseMessage response = await SendAsync(HttpMethod.Post, "echo", id, new ByteArrayContent(body), chunked);
        byte[] echoed = await response.Content.ReadAsByteArrayAsync();
        Field(response, TenantApp.ChecksumField).ShouldBe(Convert.ToHexStringLower(SHA256.HashData(body)));
        echoed.AsSpan().SequenceEqual(body).ShouldBeTrue($"{echoed.Length} of {bytes} bytes came back");
    }

    public async Task<string> DownloadAsync(string id, long bytes, int seed, Action<long>? progress = null)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"download/{bytes}/{seed}"), id);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        using var checksum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[64 * 1024];
        long sum = 0;
        while (await body.ReadAsync(buffer) is var count and > 0)
        {
            checksum.AppendData(buffer.AsSpan(0, count));
            progress?.Invoke(sum += count);
        }

        string hash = Convert.ToHexStringLower(checksum.GetHashAndReset());
        hash.ShouldBe(tenant.App.Checksums[id]);
        return hash;
    }

    public async Task<string> UploadAsync(string id, long bytes, int seed, bool chunked, Action<long>? progress = null)
    {
        var content = new PatternContent(bytes, seed, progress);
        using HttpResponseMessage response = await SendAsync(HttpMethod.Post, "upload", id, content, chunked);
        (await response.Content.ReadAsStringAsync()).ShouldBe(bytes.ToString(CultureInfo.InvariantCulture));
        string checksum = await content.ChecksumAsync();
        Field(response, TenantApp.ChecksumField).ShouldBe(checksum);
        return checksum;
    }

    /// <summary>Messages with numbers, echoed in order, and an orderly close.</summary>
    public async Task WebSocketAsync(string id, int messages, Func<int> size)
    {
        using var socket = new ClientWebSocket();
        socket.Options.Proxy = new WebProxy();
        socket.Options.SetRequestHeader(TenantApp.IdField, id);
        await socket.ConnectAsync(new UriBuilder(new Uri(tenant.Url, "socket")) { Scheme = "ws" }.Uri, default);
        Task sending = SendAsync();
        for (int i = 0; i < messages; i++)
        {
            byte[] message = await ReceiveAsync(socket);
            BinaryPrimitives.ReadInt32BigEndian(message).ShouldBe(i);
            message.AsSpan(4).IndexOfAnyExcept((byte)i).ShouldBe(-1);
        }

        await sending;
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", default);
        socket.CloseStatusDescription.ShouldBe(tenant.Name);

        async Task SendAsync()
        {
            for (int i = 0; i < messages; i++)
            {
                byte[] message = new byte[4 + size()];
                message.AsSpan().Fill((byte)i);
                BinaryPrimitives.WriteInt32BigEndian(message, i);
                await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, default);
            }
        }
    }

    /// <summary>A raw connection: what is sent comes back, and then its end.</summary>
    public async Task RawAsync(string id, int bytes, int? port = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await using var stream = new NetworkStream(await ConnectedAsync(socket, port ?? tenant.RawPort), ownsSocket: true);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(id + "\n"));
        (await EchoService.ReadLineAsync(stream)).ShouldBe($"{tenant.Name} {id}");
        byte[] sent = Pattern.Bytes(bytes, bytes);
        Task sending = SendAsync();
        byte[] echoed = new byte[bytes];
        await stream.ReadExactlyAsync(echoed);
        (await stream.ReadAsync(new byte[1])).ShouldBe(0);
        await sending;
        echoed.AsSpan().SequenceEqual(sent).ShouldBeTrue();

        async Task SendAsync()
        {
            await stream.WriteAsync(sent);
            socket.Shutdown(SocketShutdown.Send);
        }
    }

    private static async Task<Socket> ConnectedAsync(Socket socket, int port)
    {
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket socket)
    {
        using var message = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        while (true)
        {
            WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, default);
            result.MessageType.ShouldBe(WebSocketMessageType.Binary);
            message.Write(buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                return message.ToArray();
            }
        }
    }

    private static string? Field(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(',', values) : null;

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string id, HttpContent? content = null, bool chunked = false)
    {
        using var request = new HttpRequestMessage(method, new Uri(tenant.Url, path)) 
        {
            Content = content,
            Version = UsesHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Add(TenantApp.IdField, id);
        request.Headers.TransferEncodingChunked = chunked && !UsesHttp2 ? true : null;
        HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.StatusCode != HttpStatusCode.OK || Field(response, TenantApp.TenantField) != tenant.Name || Field(response, TenantApp.IdField) != id)
        {
            string found = $"{(int)response.StatusCode} {Field(response, "X-Ggrok-Error")} of {Field(response, TenantApp.TenantField)} for {Field(response, TenantApp.IdField)}";
            response.Dispose();
            throw new UnexpectedAnswerException(found);
        }

        return response;
    }
}

/// <summary>An answer, but not the one that was asked for.</summary>
internal sealed class UnexpectedAnswerException(string found) : Exception(found);

/// <summary>A request body that is made while it is sent.</summary>
internal sealed class PatternContent(long bytes, int seed, Action<long>? progress) : HttpContent
{
    private readonly TaskCompletionSource<string> _checksum = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>SHA-256 of what was sent, once all is: the response may be there a moment earlier.</summary>
    public Task<string> ChecksumAsync() => Within.Bound(_checksum.Task, "the end of the upload");

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        // Sent a second time it would be another request.
        _checksum.Task.IsCompleted.ShouldBeFalse();
        using var checksum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var pattern = new Pattern(seed);
        for (long left = bytes; left > 0;)
        {
            ReadOnlyMemory<byte> block = pattern.Next(left);
            left -= block.Length;
            checksum.AppendData(block.Span);
            await stream.WriteAsync(block);
            progress?.Invoke(bytes - left);
        }

        _checksum.SetResult(Convert.ToHexStringLower(checksum.GetHashAndReset()));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes;
        return true;
    }
}
