using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Messages;
using Ggrok.Client.Inspector.Recording;

namespace Ggrok.Tests.Inspector;

/// <summary>Whatever strangers send is read without an exception and within bounds.</summary>
public class AnyBytesTests
{
    private const int Most = 100_000;

    private static readonly string[] Encodings = ["gzip", "deflate", "br", "gzip, br", "zstd"];
    private static readonly string[] ContentTypes =
        ["text/event-stream", "application/grpc", "application/grpc-web", "application/grpc-web-text", "application/grpc-web-text+proto"];

    [Fact]
    public void Any_bytes_are_read() =>
        Prop.ForAll<byte[], byte[], int>((sent, received, cut) => ReadEverything(sent ?? [], received ?? [], cut)).QuickCheckThrowOnFailure();

    [Fact]
    public void Mutations_of_valid_streams_are_read()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 60).Select(i => $"data: {i}\n")));
        byte[] deflated = WebSocketMessageTests.Frame(0xC1, WebSocketMessageTests.Compressed(text), masked: true);
        byte[] fragments = [.. WebSocketMessageTests.Frame(0x41, WebSocketMessageTests.Compressed(text)[..20]), .. WebSocketMessageTests.Frame(0x80, "rest")];
        byte[] grpc = [.. GrpcMessageTests.Message(Encoded.With("gzip", text), 1), .. GrpcMessageTests.Message("grpc-status: 0"u8.ToArray(), 0x80)];
        byte[][] valid =
        [
            text, deflated, [.. fragments, .. deflated, .. fragments], grpc, Encoding.ASCII.GetBytes(Convert.ToBase64String(grpc)),
            Convert.FromHexString("0896011207" + "74657374696e67" + "1a03089601" + "22021a00" + "2901020304050607083501020304"), Encoded.With("gzip", text), Encoded.With("deflate", text), Encoded.With("raw", text), Encoded.With("br", text), Encoded.With("br", Encoded.With("gzip", text)),
        ];
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutated = [.. valid[i % valid.Length]];
            for (int n = random.Next(1, 6); n > 0; n--)
            {
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            }

            mutated = mutated[..random.Next(mutated.Length + 1)];
            ReadEverything(mutated, mutated, random.Next());
        }
    }

    private static void ReadEverything(byte[] sent, byte[] received, int cut)
    {
        CapturedBody request = Captured(sent, cut);
        CapturedBody response = Captured(received, cut);
        Check(Recorded.WebSocket(request, response, "permessage-deflate"));
        Check(Recorded.WebSocket(request, response, "permessage-deflate; client_no_context_takeover; server_no_context_takeover"));
        Check(Recorded.WebSocket(request, response));
        string encoding = Encodings[(int)((uint)cut % Encodings.Length)];
        foreach (string type in ContentTypes)
        {
            string[] fields = [$"Content-Type: {type}", "grpc-encoding: gzip", .. (cut & 8) == 0 ? [] : (string[])[$"Content-Encoding: {encoding}"]];
            Check(Recorded.Exchange(200, Recorded.Fields(fields), request, Recorded.Fields(fields), response));
        }

        ProtobufText.Format(received);
        DecodedContent content = ContentDecoder.Decode(response, Recorded.Fields($"Content-Encoding: {encoding}"), Most);
        content.Bytes.Length.ShouldBeLessThanOrEqualTo(Most);
        (content.End == ContentEnd.Whole).ShouldBe(content.Note is null);
    }

    private static void Check(ExchangeSnapshot exchange)
    {
        MessageList list = MessageReader.Read(exchange).ShouldNotBeNull();

        // Plain conditions: compiling an assertion for each of the many lists would take most of the time.
        list.Messages.Zip(list.Messages.Skip(1)).All(pair => pair.First.At <= pair.Second.At).ShouldBeTrue();
        list.Messages.All(m => m.Size >= 0).ShouldBeTrue();
        list.Messages.Sum(m => (long)m.Payload.Length).ShouldBeLessThanOrEqualTo(2L * MessageBudget.MostOfAll);
    }

    private static CapturedBody Captured(byte[] bytes, int cut)
    {
        CapturedBody body = Recorded.Pieces([.. bytes.Chunk(1 + (int)((uint)cut % 17))]);
        return (cut & 3) == 0 ? body.Keep((int)((uint)cut % (bytes.Length + 1))) : body;
    }
}
