using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Hardening;

/// <summary>A visitor that speaks HTTP/2 frames by hand (RFC 9113), without TLS, fields as literals (RFC 7541 section 6.2.2).</summary>
internal sealed class Http2Socket : IAsyncDisposable
{
    public const byte Headers = 1;
    public const byte ResetStream = 3;
    public const byte Settings = 4;
    public const byte GoAway = 7;
    private const byte EndStream = 1;
    private const byte Acknowledge = 1;
    private const byte EndHeaders = 4;

    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    private Http2Socket(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    public static async Task<Http2Socket> ConnectAsync(Uri server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        var visitor = new Http2Socket(socket);
        await visitor._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await visitor._stream.WriteAsync(Frame(Settings, 0, 0, []));
        return visitor;
    }

    public static byte[] Frame(byte type, byte flags, uint stream, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        frame[1] = (byte)(payload.Length >> 8);
        frame[2] = (byte)payload.Length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    public static byte[] Request(uint stream, string path, bool endStream, params (string Name, string Value)[] fields)
    {
        using var block = new MemoryStream();
        foreach ((string name, string value) in (IEnumerable<(string, string)>)[(":method", endStream ? "GET" : "POST"), (":scheme", "http"), (":path", path), (":authority", "127.0.0.1"), .. fields])
        {
            block.WriteByte(0);
            Literal(block, name);
            Literal(block, value);
        }

        return Frame(Headers, (byte)(EndHeaders | (endStream ? EndStream : 0)), stream, block.ToArray());
    }

    public static byte[] Reset(uint stream) => Frame(ResetStream, 0, stream, [0, 0, 0, 8]);

    public Task SendAsync(byte[] bytes) => _stream.WriteAsync(bytes).AsTask();

    public Task SendRequestAsync(uint stream, string path, bool endStream, params (string Name, string Value)[] fields) =>
        SendAsync(Request(stream, path, endStream, fields));

    /// <summary>The next frame; null once the server has closed. Settings are acknowledged.</summary>
    public async Task<(byte Type, uint Stream, byte[] Payload)?> NextAsync()
    {
        try
        {
            byte[] head = new byte[9];
            await Within.Bound(_stream.ReadExactlyAsync(head).AsTask(), "an HTTP/2 frame");
            byte[] payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await Within.Bound(_stream.ReadExactlyAsync(payload).AsTask(), "an HTTP/2 payload");
            if (head[3] == Settings && (head[4] & Acknowledge) == 0)
            {
                await SendAsync(Frame(Settings, Acknowledge, 0, []));
            }

            return (head[3], BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(5)) & 0x7fffffff, payload);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return null;
        }
    }

    /// <summary>The head that the local service gets, or <c>refused</c> when the visitor gets its answer first.</summary>
    public async Task<string> OutcomeAsync(uint stream, RawListener local)
    {
        Task<RawSocket> relayed = local.AcceptAsync();
        Task answered = AnsweredAsync(stream);
        if (await Task.WhenAny(relayed, answered) == answered)
        {
            return "refused";
        }

        using RawSocket app = await relayed;
        string head = await app.ReadUntilAsync("\r\n\r\n");
        await app.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        return head;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task AnsweredAsync(uint stream)
    {
        while (await NextAsync() is { } frame)
        {
            if (frame.Type == GoAway || (frame.Stream == stream && frame.Type is Headers or ResetStream))
            {
                return;
            }
        }
    }

    private static void Literal(MemoryStream block, string text)
    {
        if (text.Length > 126)
        {
            throw new ArgumentOutOfRangeException(nameof(text));
        }

        block.WriteByte((byte)text.Length);
        block.Write(Encoding.Latin1.GetBytes(text));
    }
}
