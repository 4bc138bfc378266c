using System.IO.Compression;
using System.Text;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Recording;

namespace Ggrok.Tests.Inspector;

/// <summary>Bodies without their content-encodings.</summary>
public class ContentDecoderTests
{
    private const int Most = 1 << 20;

    // Neither all the same nor random, so that every encoder does something with it.
    private static readonly byte[] Original = Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 5000).Select(i => $"line {i * 7919} of the original")));

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-gzip")]
    [InlineData("GZIP")]
    [InlineData("deflate")]
    [InlineData("raw")]
    [InlineData("br")]
    public void Each_encoding_is_undone_whole_cut_and_in_pieces(string encoding)
    {
        byte[] encoded = Encoded.With(encoding, Original);
        string header = $"Content-Encoding: {(encoding == "raw" ? "deflate" : encoding)}";
        CapturedBody pieces = Recorded.Pieces([.. encoded.Chunk(997)]);

        DecodedContent whole = Decode(pieces, header);
        DecodedContent cut = Decode(pieces.Keep(encoded.Length / 2), header);
        DecodedContent early = Decode(Recorded.Pieces(encoded[..^1]), header);

        whole.Bytes.ToArray().ShouldBe(Original);
        (whole.End, whole.Note).ShouldBe((ContentEnd.Whole, null));
        whole.Encodings.ShouldBe([encoding == "raw" ? "deflate" : encoding.ToLowerInvariant()]);
        cut.Bytes.Length.ShouldBeGreaterThan(Original.Length / 4);
        cut.Bytes.ToArray().ShouldBe(Original[..cut.Bytes.Length]);
        (cut.End, cut.Note).ShouldBe((ContentEnd.Cut, $"cut off: only the first {encoded.Length / 2} of {encoded.Length} bytes were kept"));
        early.End.ShouldBe(ContentEnd.Incomplete);
        early.Bytes.ToArray().ShouldBe(Original[..early.Bytes.Length]);
    }

    [Fact]
    public void Decoded_bytes_arrived_with_what_they_were_made_of()
    {
        byte[][] pieces = Encoded.Flushed("gzip", "first ", "second ", "third");

        DecodedContent content = Decode(Recorded.Pieces(pieces), "Content-Encoding: gzip");

        Encoding.UTF8.GetString(content.Bytes.Span).ShouldBe("first second third");
        content.Body.ArrivalOf(5).ShouldBe(TimeSpan.FromSeconds(1));
        content.Body.ArrivalOf(6).ShouldBe(TimeSpan.FromSeconds(2));
        content.Body.ArrivalOf(17).ShouldBe(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void Several_encodings_are_undone_in_reverse_order()
    {
        byte[] encoded = Encoded.With("br", Encoded.With("deflate", Encoded.With("gzip", Original)));

        DecodedContent content = Decode(Recorded.Pieces([.. encoded.Chunk(100)]), "Content-Encoding: gzip, identity, deflate", "content-encoding: br");

        content.Bytes.ToArray().ShouldBe(Original);
        content.Encodings.ShouldBe(["br", "deflate", "gzip"]);
        content.End.ShouldBe(ContentEnd.Whole);
    }

    [Fact]
    public void Members_of_gzip_may_follow_each_other()
    {
        byte[] member = Encoded.With("gzip", Original);

        DecodedContent content = Decode(Recorded.Pieces([.. member, .. member]), "Content-Encoding: gzip");

        content.Bytes.ToArray().ShouldBe([.. Original, .. Original]);
        content.End.ShouldBe(ContentEnd.Whole);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public void A_bomb_takes_no_more_than_its_bound(string encoding)
    {
        byte[] bomb = Encoded.With(encoding, Encoded.With(encoding, new byte[64 << 20]));
        DecodedContent first = Decode(Recorded.Pieces(bomb), $"Content-Encoding: {encoding}, {encoding}");
        long before = GC.GetAllocatedBytesForCurrentThread();

        DecodedContent content = Decode(Recorded.Pieces(bomb), $"Content-Encoding: {encoding}, {encoding}");

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(6 << 20);
        content.Bytes.Length.ShouldBe(Most);
        content.End.ShouldBe(ContentEnd.Cut);
        content.Note.ShouldBe($"cut off: only the first {Most} decoded bytes are shown");
        first.Note.ShouldBe(content.Note);
    }

    [Theory]
    [InlineData("zstd", "not decoded: zstd is not supported")]
    [InlineData("compress", "not decoded: compress is not supported")]
    [InlineData("gzip", "not valid: no gzip data, though Content-Encoding says so")]
    [InlineData("br", "not valid: no br data, though Content-Encoding says so")]
    [InlineData("gzip,gzip,gzip,gzip,gzip", "not decoded: 5 content-encodings")]
    public void What_cannot_be_decoded_stays_as_it_travelled(string encoding, string note)
    {
        CapturedBody body = Recorded.Text("plain text all the same");

        DecodedContent content = Decode(body, $"Content-Encoding: {encoding}");

        content.Bytes.ToArray().ShouldBe(body.Bytes.ToArray());
        (content.End, content.Note).ShouldBe((ContentEnd.Encoded, note));
    }

    [Fact]
    public void Broken_data_yields_what_comes_before()
    {
        byte[] encoded = Encoded.With("gzip", Original);
        encoded.AsSpan(encoded.Length / 2, 50).Fill(0xFF);

        DecodedContent content = Decode(Recorded.Pieces([.. encoded.Chunk(500)]), "Content-Encoding: gzip");

        content.End.ShouldBe(ContentEnd.Broken);
        content.Bytes.Length.ShouldBeGreaterThan(Original.Length / 4);
        content.Bytes.ToArray()[..(Original.Length / 4)].ShouldBe(Original[..(Original.Length / 4)]);
        content.Note.ShouldBe($"not valid: the gzip data is broken behind the first {content.Bytes.Length} decoded bytes");
    }

    [Fact]
    public void Bodies_without_an_encoding_and_empty_ones_stay()
    {
        DecodedContent plain = Decode(Recorded.Text("plain"), "Content-Encoding: identity");
        DecodedContent large = ContentDecoder.Decode(Recorded.Text("larger than"), [], 6);
        DecodedContent empty = Decode(CapturedBody.Empty, "Content-Encoding: gzip");

        (Encoding.UTF8.GetString(plain.Bytes.Span), plain.End).ShouldBe(("plain", ContentEnd.Whole));
        (Encoding.UTF8.GetString(large.Bytes.Span), large.End).ShouldBe(("larger", ContentEnd.Cut));
        (empty.Bytes.Length, empty.End).ShouldBe((0, ContentEnd.Whole));
    }

    private static DecodedContent Decode(CapturedBody body, params string[] fields) => ContentDecoder.Decode(body, Recorded.Fields(fields), Most);
}

/// <summary>Encodes as services do.</summary>
internal static class Encoded
{
    public static byte[] With(string encoding, byte[] bytes)
    {
        var output = new MemoryStream();
        using (Stream encoder = Encoder(encoding, output))
        {
            encoder.Write(bytes);
        }

        return output.ToArray();
    }

    /// <summary>The pieces that leave when the service flushes after each text.</summary>
    public static byte[][] Flushed(string encoding, params string[] texts)
    {
        var output = new MemoryStream();
        var pieces = new List<byte[]>();
        using (Stream encoder = Encoder(encoding, output))
        {
            foreach (string text in texts)
            {
                encoder.Write(Encoding.UTF8.GetBytes(text));
                encoder.Flush();
                pieces.Add(output.ToArray());
                output.SetLength(0);
            }
        }

        return [.. pieces, output.ToArray()];
    }

    private static Stream Encoder(string encoding, Stream output) => encoding.ToLowerInvariant() switch
    {
        "gzip" or "x-gzip" => new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true),
        "deflate" => new ZLibStream(output, CompressionLevel.Optimal, leaveOpen: true),
        "raw" => new DeflateStream(output, CompressionLevel.Optimal, leaveOpen: true),
        _ => new BrotliStream(output, CompressionLevel.Fastest, leaveOpen: true),
    };
}
