using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Protocol;

public class HeadTests
{
    private const string GoldenRequest =
        """{"id":"abc","tunnel":1,"method":"POST","target":"/raw?as=sent","scheme":"https","host":"my.app","version":"1.1","remote":"203.0.113.9","headers":[["X-A","1"],["X-A","\"2\""],["Content-Type","text/plain"]],"hasBody":true,"upgrade":"websocket","waited":12}""";

    private const string GoldenResponse = """{"status":200,"reason":"Fine","headers":[["Set-Cookie","a=1"],["Set-Cookie","b=2"]]}""";

    [Fact]
    public void A_request_envelope_looks_like_this()
    {
        var head = new RequestHead
        {
            Id = "abc", Tunnel = 1, Method = "POST", Target = "/raw?as=sent", Scheme = "https", Host = "my.app", Version = "1.1",
            Remote = "203.0.113.9", HasBody = true, Upgrade = "websocket", Waited = TimeSpan.FromMilliseconds(12.3),
        };
        head.Headers.AddRange([new("X-A", "1"), new("X-A", "\"2\""), new("Content-Type", "text/plain")]);

        Write(o => HeadWriter.Write(o, head)).Replace("\\u0022", "\\\"", StringComparison.Ordinal).ShouldBe(GoldenRequest);
        RequestHead read = HeadReader.ReadRequest(Encoding.UTF8.GetBytes(GoldenRequest));
        Write(o => HeadWriter.Write(o, read)).Replace("\\u0022", "\\\"", StringComparison.Ordinal).ShouldBe(GoldenRequest);
    }

    [Fact]
    public void A_response_envelope_looks_like_this()
    {
        ResponseHead read = HeadReader.ReadResponse(Encoding.UTF8.GetBytes(GoldenResponse));

        read.Status.ShouldBe(200);
        read.Reason.ShouldBe("Fine");
        Write(o => HeadWriter.Write(o, read)).ShouldBe(GoldenResponse);
    }

    [Fact]
    public void Any_bytes_in_a_value_survive()
    {
        Prop.ForAll<byte[]>(bytes =>
        {
            string value = Encoding.Latin1.GetString([.. bytes.Where(b => b is not (0 or 10 or 13))]);
            var head = new ResponseHead { Status = 299 };
            head.Headers.Add(new("X-Any", value));
            byte[] wire = Encoding.UTF8.GetBytes(Write(o => HeadWriter.Write(o, head)));
            return HeadReader.ReadResponse(wire).Headers[0].Value == value;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{\"status\":\"200\",\"headers\":[]}")]
    [InlineData("{\"status\":99,\"headers\":[]}")]
    [InlineData("{\"status\":99999999999,\"headers\":[]}")]
    [InlineData("{\"status\":200,\"headers\":{}}")]
    [InlineData("{\"status\":200,\"headers\":[[\"a\"]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"a\",\"b\",\"c\"]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"a\",1]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"a b\",\"c\"]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"\",\"c\"]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"a\",\"x\\r\\nInjected: 1\"]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"a\",\"x\\u0000\"]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"a\",\"\\u20ac\"]]}")]
    [InlineData("{\"status\":200,\"reason\":\"a\\nb\",\"headers\":[]}")]
    [InlineData("{\"status\":200,\"headers\":[]} trailing")]
    [InlineData("{\"status\":200,\"x\":[[[[[[[[[[1]]]]]]]]]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"a\",\"\\ud800\"]]}")]
    public void Broken_response_envelopes_are_violations(string json) =>
        Should.Throw<ProtocolViolationException>(() => HeadReader.ReadResponse(Encoding.UTF8.GetBytes(json))).Reason.ShouldBe(CloseReason.FrameMalformed);

    [Theory]
    [InlineData("method", "GET X")]
    [InlineData("method", "")]
    [InlineData("target", "no-slash")]
    [InlineData("target", "/a b")]
    [InlineData("target", "/a\\r\\nX: y")]
    [InlineData("scheme", "ftp")]
    [InlineData("host", "a\\r\\nb")]
    [InlineData("id", "a\\nb")]
    [InlineData("upgrade", "x\\r\\ny: z")]
    public void Broken_request_envelopes_are_violations(string property, string value)
    {
        var fields = new Dictionary<string, string>
        {
            ["id"] = "1", ["method"] = "GET", ["target"] = "/", ["scheme"] = "http", ["host"] = "h", ["version"] = "1.1", ["remote"] = "r", [property] = value,
        };
        string json = "{" + string.Join(",", fields.Select(f => $"\"{f.Key}\":\"{f.Value}\"")) + ",\"headers\":[]}";

        Should.Throw<ProtocolViolationException>(() => HeadReader.ReadRequest(Encoding.UTF8.GetBytes(json)));
    }

    [Fact]
    public void Any_mutation_of_an_envelope_is_an_envelope_or_a_violation()
    {
        Prop.ForAll<int, byte>((at, value) =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(GoldenRequest);
            bytes[Math.Abs(at % bytes.Length)] = value;
            try
            {
                HeadReader.ReadRequest(bytes);
                return true;
            }
            catch (ProtocolViolationException)
            {
                return true;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Theory]
    [InlineData("http://h/p?q", "/p?q")]
    [InlineData("http://h?q", "/?q")]
    [InlineData("http://h", "/")]
    [InlineData("/a//b/../c", "/a//b/../c")]
    [InlineData("*", "*")]
    public void Targets_become_origin_form_without_being_decoded(string raw, string expected) =>
        RequestTarget.ToOriginForm(raw).ShouldBe(expected);

    [Theory]
    [InlineData("/", true)]
    [InlineData("*", true)]
    [InlineData("/a?b=%23&c=[x]|^`", true)]
    [InlineData("/a#b", false)]
    [InlineData("/a?b#", false)]
    [InlineData("#", false)]
    public void A_target_has_no_fragment(string target, bool isSafe) => RequestTarget.IsSafe(target).ShouldBe(isSafe);

    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5m", 90_000)]
    [InlineData("2", 2000)]
    [InlineData("x", -1)]
    [InlineData("-1s", -1)]
    [InlineData("1y", -1)]
    [InlineData("99999999d", -1)]
    public void Durations_are_read_or_refused(string text, int milliseconds)
    {
        bool valid = Durations.TryParse(text, out TimeSpan value);

        (valid ? (int)value.TotalMilliseconds : -1).ShouldBe(milliseconds);
    }

    private static string Write(Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
