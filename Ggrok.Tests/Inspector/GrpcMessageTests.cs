using System.Buffers.Binary;
using System.Text;
using Ggrok.Client.Inspector.Messages;
using Ggrok.Client.Inspector.Recording;

namespace Ggrok.Tests.Inspector;

/// <summary>Messages of gRPC calls out of the bodies of both directions.</summary>
public class GrpcMessageTests
{
    private const string Grpc = "Content-Type: application/grpc+proto";
    private const string Web = "Content-Type: application/grpc-web+proto";
    private const string WebText = "content-type: application/grpc-web-text";

    [Fact]
    public void Messages_of_both_directions_and_the_trailers_are_read()
    {
        ExchangeSnapshot exchange = Recorded.Exchange(
            200, Recorded.Fields(Grpc), Recorded.Pieces(Message("ask 1"), [], Message("ask 2")), Recorded.Fields(Grpc), Recorded.Pieces([], [.. Message("answer 1"), .. Message("")]))
            with
        {
            ResponseTrailers = Recorded.Fields("grpc-status: 5", "grpc-message: no%20such%20%C3%A4", "x-more: 1"),
            Timings = new ExchangeTimings { Ended = TimeSpan.FromSeconds(9) },
        };

        MessageList list = exchange.Messages();

        (list.Protocol, list.IsCut).ShouldBe(("gRPC", false));
        list.Messages.Select(m => $"{m.Direction} {m.At.TotalSeconds} {m.Kind} {m.Size} {m.TextOf()} {m.Note}").ShouldBe(
        [
            "ToService 1 message 5 ask 1 ", "FromService 2 message 8 answer 1 ", "FromService 2 message 0  ", "ToService 3 message 5 ask 2 ",
            "FromService 9 trailers 61 grpc-status: 5\r\ngrpc-message: no%20such%20%C3%A4\r\nx-more: 1\r\n status 5 NOT_FOUND: no such ä",
        ]);
    }

    [Theory]
    [InlineData("gzip", "gzip", "the content|compressed with gzip")]
    [InlineData("deflate", "deflate", "the content|compressed with deflate")]
    [InlineData("gzip", "identity", "|not valid: compressed, though no grpc-encoding says how")]
    [InlineData("gzip", "snappy", "|not decompressed: snappy is not supported")]
    public void Compressed_messages_are_decompressed_one_by_one(string encoding, string said, string expected)
    {
        byte[] compressed = Message(Encoded.With(encoding, "the content"u8.ToArray()), 1);

        MessageList list = Recorded.Response(Recorded.Pieces([.. compressed, .. Message("plain"), .. compressed]), Grpc, $"grpc-encoding: {said}").Messages();

        list.Messages.Count.ShouldBe(3);
        foreach (ExchangeMessage message in new[] { list.Messages[0], list.Messages[2] })
        {
            message.Size.ShouldBe(compressed.Length - 5);
            $"{(expected[0] == '|' ? "" : message.TextOf())}|{message.Note}".ShouldBe(expected);
        }

        list.Messages[1].TextOf().ShouldBe("plain");
    }

    [Theory]
    [InlineData(Web, false, 0)]
    [InlineData(WebText, true, 0)]
    [InlineData(WebText, true, 7)]
    public void Grpc_web_has_its_trailers_in_the_body(string type, bool text, int piece)
    {
        byte[] trailers = Message(Encoding.ASCII.GetBytes("grpc-status:0\r\nGrpc-Message: fine\r\n"), 0x80);
        byte[] request = Message("ask");
        byte[][] parts = [Message("one"), Message("two"), trailers];

        // Each part is padded for itself, as a service does that flushes after each.
        byte[] response = [.. parts.SelectMany(p => text ? Encoding.ASCII.GetBytes(Convert.ToBase64String(p)) : p)];
        CapturedBody body = Recorded.Pieces([.. piece == 0 ? [response] : response.Chunk(piece)]);
        CapturedBody sent = Recorded.Pieces(text ? Encoding.ASCII.GetBytes(Convert.ToBase64String(request)) : request);

        MessageList list = Recorded.Exchange(200, Recorded.Fields(type), sent, Recorded.Fields(type), body).Messages();

        list.Protocol.ShouldBe("gRPC-Web");
        list.Messages.Select(m => $"{m.Kind} {m.TextOf().TrimEnd()} {m.Note}").ShouldBe(
            ["message ask ", "message one ", "message two ", "trailers grpc-status:0\r\nGrpc-Message: fine status 0 OK: fine"], ignoreOrder: piece != 0);
        if (piece != 0)
        {
            // "one" has 8 bytes, 12 characters: the second piece of 7 has the last of them.
            list.Messages.Single(m => m.TextOf() == "one").At.TotalSeconds.ShouldBe(2);
        }
    }

    [Fact]
    public void A_call_that_failed_at_once_has_its_status_among_the_fields()
    {
        MessageList list = Recorded.Response(CapturedBody.Empty, Grpc, "grpc-status: 12", "grpc-message: unknown method").Messages();

        list.Messages.Select(m => m.Note).ShouldBe(["status 12 UNIMPLEMENTED: unknown method"]);
    }

    [Fact]
    public void A_page_in_place_of_an_answer_is_not_read_as_messages()
    {
        MessageList list = Recorded.Exchange(502, Recorded.Fields(Grpc), Recorded.Pieces(Message("ask")), Recorded.Fields("Content-Type: text/html"), Recorded.Text("<html>bad gateway</html>")).Messages();

        list.Messages.Select(m => m.TextOf()).ShouldBe(["ask"]);
    }

    [Fact]
    public void What_is_missing_or_not_valid_is_said()
    {
        byte[] two = [.. Message("first"), .. Message("second")];
        byte[] bomb = Message(Encoded.With("gzip", new byte[64 << 20]), 1);

        Notes(Recorded.Pieces(two).Keep(18)).ShouldBe([null, "cut off: only the first 3 bytes were kept"]);
        Notes(Recorded.Pieces(two[..12])).ShouldBe([null, "incomplete: the stream ended within it"]);
        Notes(Recorded.Pieces(two[..18])).ShouldBe([null, "incomplete: the stream ended within it"]);
        Notes(Recorded.Pieces([.. Message("first"), 0x12, 0, 0, 0, 0])).ShouldBe([null, "not valid: unknown flags in front of a message (byte 10); what follows is not read"]);
        Notes(Recorded.Pieces(Message([1, 2, 3, 4], 1))).ShouldBe(["not valid: the gzip data is broken behind the first 0 bytes"]);
        Notes(Recorded.Pieces(bomb)).ShouldBe([$"compressed with gzip; cut off: only the first {MessageBudget.MostOfOne} bytes are shown"]);
        Recorded.Response(Recorded.Text("AAAA!!!!"), WebText).Messages().Messages[^1].Note.ShouldBe("not valid: what follows is no base64");
    }

    private static IEnumerable<string?> Notes(CapturedBody body) => Recorded.Response(body, Grpc, "grpc-encoding: gzip").Messages().Messages.Select(m => m.Note);

    internal static byte[] Message(string text) => Message(Encoding.UTF8.GetBytes(text), 0);

    internal static byte[] Message(byte[] payload, byte flags)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, payload.Length);
        return [flags, .. length, .. payload];
    }
}
