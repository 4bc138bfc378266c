using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Ggrok.Client.Inspector.Messages;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Inspector;

/// <summary>Messages of a WebSocket out of the bytes behind its upgrade.</summary>
public class WebSocketMessageTests
{
    private const string Deflate = "permessage-deflate; server_max_window_bits=15";

    [PeerTheory]
    [InlineData("false")]
    [InlineData("true")]
    [InlineData("true", "serverNoContextTakeover")]
    [InlineData("true", "clientNoContextTakeover", "serverNoContextTakeover")]
    public async Task What_the_ws_package_sends_is_read(params string[] options)
    {
        (ExchangeSnapshot exchange, JsonElement log) = await TalkAsync(options);

        MessageList list = exchange.Messages();

        list.IsCut.ShouldBeFalse();
        exchange.Response!.Headers.Any(h => h.Name.Equals("Sec-WebSocket-Extensions", StringComparison.OrdinalIgnoreCase)).ShouldBe(options[0] == "true");
        Shown(list, MessageDirection.ToService, "pong").ShouldBe([.. Expected(log, "client"), .. Close]);
        Shown(list, MessageDirection.FromService, "pong").ShouldBe([.. Expected(log, "server"), .. Close]);
        list.Messages.Count(m => m.Kind == "pong").ShouldBe(1);
        list.Messages[^1].Note.ShouldBe("4000: done");
        list.Messages.Where(m => m.Kind != "close").ShouldAllBe(m => m.Note == null || m.Note == "compressed");
        list.Messages.Any(m => m.Note == "compressed").ShouldBe(options[0] == "true");
    }

    [PeerFact]
    public async Task Wherever_its_bytes_are_cut_what_comes_before_is_read()
    {
        (ExchangeSnapshot exchange, JsonElement log) = await TalkAsync("true");
        List<(string, string)> expected = [.. Expected(log, "client"), .. Close];
        for (int kept = 0; kept < exchange.RequestBody.Bytes.Length; kept += kept < 1000 ? 1 : 997)
        {
            MessageList list = (exchange with { RequestBody = exchange.RequestBody.Keep(kept) }).Messages();

            list.IsCut.ShouldBeTrue();
            List<ExchangeMessage> sent = [.. list.Messages.Where(m => m.Direction == MessageDirection.ToService)];
            int whole = sent.FindIndex(m => m.Note is not null and not "compressed");
            whole = whole < 0 ? sent.Count : whole;
            whole.ShouldBeGreaterThanOrEqualTo(sent.Count - 1);
            Shown(sent).Take(whole).ShouldBe(expected.Take(whole));
        }
    }

    [Fact]
    public void Control_frames_stand_between_the_parts_of_a_message()
    {
        byte[] client = [.. Frame(0x01, "one ", masked: true), .. Frame(0x89, "?", masked: true), .. Frame(0x00, "two ", masked: true), .. Frame(0x80, "three", masked: true)];

        MessageList list = Recorded.WebSocket(Recorded.Pieces(client[..20], client[20..]), CapturedBody.Empty).Messages();

        list.Protocol.ShouldBe("WebSocket");
        list.Messages.Select(m => (m.Kind, m.TextOf(), m.Size, m.At.TotalSeconds, m.Note)).ShouldBe([("ping", "?", 1L, 1d, null), ("text", "one two three", 13L, 2d, null)]);
    }

    [Fact]
    public void Both_directions_are_in_the_order_of_their_arrival()
    {
        byte[] ask = Frame(0x81, "ask", masked: true);
        byte[] answer = Frame(0x82, "answer");

        MessageList list = Recorded.WebSocket(Recorded.Pieces(ask, [], ask), Recorded.Pieces([], answer, answer)).Messages();

        list.Messages.Select(m => $"{m.Kind} {m.TextOf()} {m.At.TotalSeconds}").ShouldBe(["text ask 1", "binary answer 2", "text ask 3", "binary answer 3"]);
    }

    [Theory]
    [InlineData("8100", null, "text||", "")]
    [InlineData("82fe", null, "", "")]
    [InlineData("8103616263" + "91", "invalid", "text|abc|", "")]
    [InlineData("8103616263" + "9100", "invalid", "text|abc|", "not valid: a reserved bit is set that no extension was agreed on for (byte 5); what follows is not read")]
    [InlineData("c10161", "invalid", "", "not valid: a reserved bit is set that no extension was agreed on for (byte 0); what follows is not read")]
    [InlineData("800161", "invalid", "", "not valid: a continuation of nothing (byte 0); what follows is not read")]
    [InlineData("010161" + "810162", "invalid", "text|a|incomplete: the stream ended within it", "not valid: a new message before the last one ended (byte 3); what follows is not read")]
    [InlineData("830161", "invalid", "", "not valid: an unknown opcode (byte 0); what follows is not read")]
    [InlineData("090161", "invalid", "", "not valid: a control frame in parts (byte 0); what follows is not read")]
    [InlineData("897e00", null, "", "")]
    [InlineData("897e0000", null, "ping||", "")]
    [InlineData("827fffffffffffffffff", "invalid", "", "not valid: a length above 2^63 (byte 0); what follows is not read")]
    [InlineData("827f7fffffffffffffff61", null, "binary|a|incomplete: the stream ended within it", "")]
    [InlineData("8101ff", null, "text|\ufffd|not valid: the text is not UTF-8", "")]
    [InlineData("818100000000" + "61", null, "text|a|not valid: a server must not mask", "")]
    [InlineData("8800", null, "close||no code", "")]
    [InlineData("880103", null, "close|\u0003|not valid: half a code", "")]
    [InlineData("880203e9", null, "close|\u0003\ufffd|1001 (going away)", "")]
    public void What_is_not_valid_is_said(string hex, string? last, string before, string note)
    {
        MessageList list = Recorded.WebSocket(CapturedBody.Empty, Recorded.Pieces(Convert.FromHexString(hex))).Messages();

        list.Messages.Where(m => m.Kind != "invalid").Select(m => $"{m.Kind}|{m.TextOf()}|{m.Note}").ShouldBe(before.Length == 0 ? [] : [before]);
        if (note.Length > 0)
        {
            (list.Messages[^1].Kind, list.Messages[^1].Note).ShouldBe((last, note));
        }
    }

    [Fact]
    public void A_message_that_still_arrives_is_shown_as_far_as_it_is_there()
    {
        CapturedBody server = Recorded.Pieces(Frame(0x81, "all of it")[..6]);

        ExchangeMessage done = Recorded.WebSocket(CapturedBody.Empty, server).Messages().Messages[0];
        ExchangeMessage running = (Recorded.WebSocket(CapturedBody.Empty, server) with { State = ExchangeState.Active }).Messages().Messages[0];
        ExchangeMessage cut = Recorded.WebSocket(CapturedBody.Empty, server with { Total = 500 }).Messages().Messages[0];

        (running.TextOf(), running.Size).ShouldBe(("all ", 9));
        done.Note.ShouldBe("incomplete: the stream ended within it");
        running.Note.ShouldBe("incomplete: the rest has not arrived yet");
        cut.Note.ShouldBe("cut off: only the first 4 bytes were kept");
    }

    [Theory]
    [InlineData(Deflate)]
    [InlineData(Deflate + "; server_no_context_takeover")]
    public void Bombs_take_bounded_memory_and_later_messages_are_read_if_they_can_be(string extensions)
    {
        byte[] bomb = Frame(0xC2, Compressed(new byte[8 << 20]));
        byte[] after = Frame(0xC1, Compressed("after"u8.ToArray()));
        byte[] stream = [.. bomb, .. bomb, .. bomb, .. after, .. bomb, .. bomb, .. after];
        Recorded.WebSocket(CapturedBody.Empty, Recorded.Pieces(stream), extensions).Messages();
        long before = GC.GetAllocatedBytesForCurrentThread();

        MessageList list = Recorded.WebSocket(CapturedBody.Empty, Recorded.Pieces(stream), extensions).Messages();

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(32 << 20);
        list.Messages.Count.ShouldBe(7);
        list.Messages[0].Payload.Length.ShouldBe(MessageBudget.MostOfOne);
        list.Messages[0].Note.ShouldBe($"compressed; cut off: only the first {MessageBudget.MostOfOne} bytes are shown");
        list.Messages[3].TextOf().ShouldBe("after");
        list.Messages[6].Note.ShouldBe(extensions == Deflate ? "not decompressed: more than 32 MiB were" : "compressed");
        list.Messages.Sum(m => m.Payload.Length).ShouldBeLessThanOrEqualTo(MessageBudget.MostOfAll);
    }

    [Fact]
    public void All_messages_together_are_bounded()
    {
        byte[] large = Frame(0x82, new byte[3 << 20]);

        MessageList list = Recorded.WebSocket(CapturedBody.Empty, Recorded.Pieces([.. large, .. large, .. large, .. large, .. large, .. large, .. large, .. large, .. large, .. large]))
            .Messages();

        list.Messages.Sum(m => m.Payload.Length).ShouldBe(MessageBudget.MostOfAll);
        list.Messages[^1].Note.ShouldBe("cut off: only the first 0 bytes are shown");

        byte[] tiny = [.. Enumerable.Repeat((byte[])[0x81, 0], MessageBudget.MostMessages + 5).SelectMany(f => f)];
        MessageList many = Recorded.WebSocket(CapturedBody.Empty, Recorded.Pieces(tiny)).Messages();
        (many.Messages.Count, many.IsCut).ShouldBe((MessageBudget.MostMessages, true));
    }

    [Fact]
    public void Broken_compression_hides_what_may_refer_to_it_only()
    {
        byte[] good = Frame(0xC1, Compressed("good"u8.ToArray()));
        byte[] broken = Frame(0xC1, [0xFF, 0xFF, 0xFF]);
        byte[] plain = Frame(0x81, "plain");
        CapturedBody server = Recorded.Pieces([.. good, .. broken, .. plain, .. good]);

        MessageList kept = Recorded.WebSocket(CapturedBody.Empty, server, Deflate).Messages();
        MessageList anew = Recorded.WebSocket(CapturedBody.Empty, server, "permessage-deflate; server_no_context_takeover").Messages();

        kept.Messages.Select(m => m.Note).ShouldBe(["compressed", "not valid: the compressed data is broken behind the first 0 bytes", null, "not decompressed: it may refer to a message that could not be"]);
        anew.Messages.Select(m => m.TextOf()).ShouldBe(["good", "", "plain", "good"]);
    }

    [Fact]
    public void A_message_that_ends_the_compressed_stream_does_not_hide_the_next()
    {
        var whole = new MemoryStream();
        using (var encoder = new DeflateStream(whole, CompressionLevel.Optimal, leaveOpen: true))
        {
            encoder.Write("ended"u8);
        }

        byte[] message = Frame(0xC1, [.. whole.ToArray(), 0]);

        MessageList list = Recorded.WebSocket(CapturedBody.Empty, Recorded.Pieces([.. message, .. message]), Deflate).Messages();

        list.Messages.Select(m => m.TextOf()).ShouldBe(["ended", "ended"]);
    }

    internal static byte[] Frame(byte first, string text, bool masked = false) => Frame(first, Encoding.UTF8.GetBytes(text), masked);

    internal static byte[] Frame(byte first, byte[] payload, bool masked = false)
    {
        byte[] length = new byte[payload.Length < 126 ? 1 : payload.Length < 65536 ? 3 : 9];
        length[0] = (byte)(payload.Length < 126 ? payload.Length : payload.Length < 65536 ? 126 : 127);
        if (length.Length == 3)
        {
            BinaryPrimitives.WriteUInt16BigEndian(length.AsSpan(1), (ushort)payload.Length);
        }
        else if (length.Length == 9)
        {
            BinaryPrimitives.WriteUInt64BigEndian(length.AsSpan(1), (ulong)payload.Length);
        }

        byte[] mask = [0x12, 0x34, 0xAB, 0xCD];
        length[0] |= (byte)(masked ? 0x80 : 0);
        return masked ? [first, .. length, .. mask, .. payload.Select((b, i) => (byte)(b ^ mask[i % 4]))] : [first, .. length, .. payload];
    }

    // As a sender does who keeps nothing from message to message.
    internal static byte[] Compressed(byte[] bytes)
    {
        var output = new MemoryStream();
        using var encoder = new DeflateStream(output, CompressionLevel.Optimal, leaveOpen: true);
        encoder.Write(bytes);
        encoder.Flush();
        return output.ToArray()[..^4];
    }

    private static IEnumerable<(string, string)> Close => [("close", Convert.ToBase64String([0x0F, 0xA0, .. "done"u8]))];

    private static IEnumerable<(string, string)> Expected(JsonElement log, string side) =>
        log.GetProperty(side).EnumerateArray().Select(m => (m[0].GetString()!, m[1].GetString()!));

    private static IEnumerable<(string, string)> Shown(MessageList list, MessageDirection direction, string except) =>
        Shown(list.Messages.Where(m => m.Direction == direction && m.Kind != except));

    private static IEnumerable<(string, string)> Shown(IEnumerable<ExchangeMessage> messages) => messages.Select(m => (m.Kind, Convert.ToBase64String(m.Payload.Span)));

    private static async Task<(ExchangeSnapshot Exchange, JsonElement Log)> TalkAsync(params string[] options)
    {
        await using RunningProgram node = NodeProcess.Start("websocket.mjs", options);
        (await node.ExitAsync()).ShouldBe(0, node.Output);
        JsonElement talk = JsonSerializer.Deserialize<JsonElement>(node.Output);
        (_, byte[] sent) = Split(talk.GetProperty("client").GetBytesFromBase64());
        (string[] head, byte[] received) = Split(talk.GetProperty("server").GetBytesFromBase64());
        return (Recorded.Exchange(101, [], Recorded.Pieces(sent), Recorded.Fields(head[1..]), Recorded.Pieces(received)), talk.GetProperty("log"));
    }

    private static (string[] Head, byte[] Behind) Split(byte[] bytes)
    {
        int end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        return (Encoding.Latin1.GetString(bytes, 0, end).Split("\r\n"), bytes[(end + 4)..]);
    }
}

/// <summary>A theory with outside programs; skipped, and counted as such, where they are not installed.</summary>
internal sealed class PeerTheoryAttribute : TheoryAttribute
{
    public PeerTheoryAttribute()
    {
        if (!NodeProcess.IsAvailable)
        {
            Skip = "Run npm ci in Ggrok.Tests/Peers for the tests with outside clients.";
        }
    }
}
