using System.Text;
using Ggrok.Client.Inspector.Messages;
using Ggrok.Client.Inspector.Recording;

namespace Ggrok.Tests.Inspector;

/// <summary>Server-sent events out of a response's body.</summary>
public class EventStreamTests
{
    private const string Type = "Content-Type: text/event-stream; charset=utf-8";

    [Theory]
    [InlineData("data: a\n\n", "event|a|")]
    [InlineData("data: a\r\n\r\ndata: b\r\rdata:c\n\n", "event|a|", "event|b|", "event|c|")]
    [InlineData("data: a\r\ndata: b\r\n\r\n", "event|a\nb|")]
    [InlineData("\uFEFFdata: a\n\n", "event|a|")]
    [InlineData("data: a\ndata:  b\ndata\ndata:\n\n", "event|a\n b\n\n|")]
    [InlineData("event: price\nid: 7\nretry: 3000\ndata: ä\n\n", "event|ä|event: price; id: 7; retry: 3000 ms")]
    [InlineData("event: a\ndata: 1\n\ndata: 2\n\n", "event|1|event: a", "event|2|")]
    [InlineData("id: 1\n\n", "event||id: 1; no data: browsers do not pass it on")]
    [InlineData("retry: soon\nid: a\0b\nunknown: x\ndata: 1\n\n", "event|1|")]
    [InlineData(": keep-alive\n\n:\n\ndata: 1\n: within\n\n", "comment|keep-alive|", "comment||", "comment|within|", "event|1|")]
    [InlineData("\n\n\r\n\r", new string[0])]
    [InlineData("data: 1\n\ndata: 2\ndata: 3", "event|1|", "event|2\n3|incomplete: the stream ended within it")]
    [InlineData("data: 1\n", "event|1|incomplete: the stream ended within it")]
    [InlineData("", new string[0])]
    public void Events_are_read_as_browsers_do(string stream, params string[] expected)
    {
        MessageList whole = Recorded.Response(Recorded.Text(stream), Type).Messages();
        MessageList byByte = Recorded.Response(Recorded.Pieces([.. Encoding.UTF8.GetBytes(stream).Select(b => (byte[])[b])]), Type).Messages();

        (whole.Protocol, whole.IsCut).ShouldBe(("Server-sent events", false));
        Shown(whole).ShouldBe(expected);
        Shown(byByte).ShouldBe(expected);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("gzip")]
    [InlineData("br")]
    public void An_event_has_the_time_of_the_chunk_in_which_it_ended(string? encoding)
    {
        string[] texts = ["data: 1\n\nda", "ta: 2", "\n\ndata: 3\n\n"];
        CapturedBody body = encoding is null ? Recorded.Text(texts) : Recorded.Pieces(Encoded.Flushed(encoding, texts));

        MessageList list = Recorded.Response(body, Type, $"Content-Encoding: {encoding ?? "identity"}").Messages();

        list.Messages.Select(m => (m.TextOf(), m.At.TotalSeconds)).ShouldBe([("1", 1), ("2", 3), ("3", 3)]);
        list.IsCut.ShouldBeFalse();
    }

    [Fact]
    public void Of_a_compressed_stream_that_runs_what_has_arrived_is_read()
    {
        byte[][] pieces = Encoded.Flushed("gzip", "data: 1\n\n", "data: 2\n\n");

        MessageList list = (Recorded.Response(Recorded.Pieces(pieces[0]), Type, "Content-Encoding: gzip") with { State = ExchangeState.Active }).Messages();

        Shown(list).ShouldBe(["event|1|"]);
        list.IsCut.ShouldBeFalse();
    }

    [Fact]
    public void What_was_not_kept_is_told()
    {
        MessageList plain = Recorded.Response(Recorded.Text("data: 1\n\ndata: 2\n\n").Keep(15), Type).Messages();
        byte[] encoded = Encoded.With("gzip", "data: 1\n\n"u8.ToArray());
        MessageList compressed = Recorded.Response(Recorded.Pieces(encoded).Keep(encoded.Length - 1), Type, "Content-Encoding: gzip").Messages();
        MessageList unknown = Recorded.Response(Recorded.Text("data: 1\n\n"), Type, "Content-Encoding: zstd").Messages();

        Shown(plain).ShouldBe(["event|1|", "event||cut off: only the first 0 bytes were kept"]);
        plain.IsCut.ShouldBeTrue();
        Shown(compressed).ShouldBe(["event|1|"]);
        compressed.IsCut.ShouldBeTrue();
        Shown(unknown).ShouldBe(["invalid||not decoded: zstd is not supported"]);
    }

    [Fact]
    public void Ordinary_exchanges_have_no_messages()
    {
        MessageReader.Read(Recorded.Response(Recorded.Text("data: 1\n\n"), "Content-Type: text/plain")).ShouldBeNull();
        MessageReader.Read(Recorded.Response(Recorded.Text("data: 1\n\n"))).ShouldBeNull();
        MessageReader.Read(Recorded.Exchange(101, [], CapturedBody.Empty, Recorded.Fields("Upgrade: other"), CapturedBody.Empty)).ShouldBeNull();
        MessageReader.Read(Recorded.Response(CapturedBody.Empty) with { Response = null }).ShouldBeNull();
    }

    private static IEnumerable<string> Shown(MessageList list) => list.Messages.Select(m => $"{m.Kind}|{m.TextOf()}|{m.Note}");
}
