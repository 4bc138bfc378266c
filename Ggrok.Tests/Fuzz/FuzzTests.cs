using System.Diagnostics;
using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Ggrok.Client.Configuration;
using Ggrok.Client.Local.Http1;
using Ggrok.Server.Edge;
using Ggrok.Server.TlsPassthrough;
using Ggrok.Shared.Balancing;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Edge.Rewrite;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Xunit.Abstractions;

namespace Ggrok.Tests.Fuzz;

/// <summary>
/// Whatever bytes a parser gets, it gives an answer or a named complaint, soon, and takes no more memory than its limits say.
/// In the suite each parser is tried for a moment; GGROK_FUZZ_SECONDS=600 tries each for ten minutes, GGROK_FUZZ_SEED repeats a run.
/// </summary>
public class FuzzTests(ITestOutputHelper output)
{
    private const int LongestInput = 1024;

    // So long one input of a few kilobytes may take on a busy machine. A parser that hangs takes longer.
    private static readonly TimeSpan Slowest = TimeSpan.FromSeconds(5);

    // What one input may allocate: many times its size, and far from all the memory.
    private const long MostBytes = 64L * 1024 * 1024;

    public static TheoryData<string> Parsers => [.. Targets.Keys.Order(StringComparer.Ordinal)];

    private static readonly Dictionary<string, (byte[][] Corpus, Action<byte[]> Parse)> Targets = new(StringComparer.Ordinal)
    {
        ["frames"] = (
            [
                [.. Frames.Of(FrameKind.Head, 2, "{}"u8), .. Frames.Of(FrameKind.Data, 2, new byte[100]), .. Frames.Of(FrameKind.End, 2)],
                [.. Frames.Credit(2, 65536), .. Frames.Reset(3, RelayError.TunnelLost), .. Frames.Of(FrameKind.Ping, 0, new byte[8])],
            ],
            Taken(bytes =>
            {
                var reader = new FrameReader(bytes);
                while (reader.TryRead(out _, out _))
                {
                }
            })),
        ["request envelope"] = ([Utf8("""{"id":"a1","tunnel":0,"method":"POST","target":"/a?b=%20","scheme":"https","host":"my.app","version":"1.1","remote":"203.0.113.9","headers":[["A","b"],["A","\u00e9\n"]],"hasBody":true,"upgrade":"websocket","waited":3}""")], Taken(b => HeadReader.ReadRequest(b))),
        ["response envelope"] = ([Utf8("""{"status":200,"reason":"Fine","headers":[["Content-Length","5"],["Set-Cookie","a=b"]],"x":[1,{"y":null}]}""")], Taken(b => HeadReader.ReadResponse(b))),
        ["trailers"] = ([Utf8("""{"headers":[["grpc-status","0"]]}""")], Taken(b => HeadReader.ReadTrailers(b))),
        ["hello"] = (
            [HandshakeCodec.Encode(FrameKind.Hello, new Hello(1, "c", "i", "1.0", "anna@laptop", "https://my.app", [new TunnelRequest("web", "http", "alice", Policies: [new("allow-ip", "10.0.0.0/8")], Pool: new("round-robin", "a secret"), Health: new("/up", 1000), Match: ["method=GET"])], ["db"]), HandshakeJson.Default.Hello)],
            Taken(b => HandshakeCodec.DecodePayload(HandshakeCodec.DecodeFrame(b).Payload, HandshakeJson.Default.Hello))),
        ["welcome"] = (
            [HandshakeCodec.Encode(FrameKind.Welcome, new Welcome("s", "1.0", [new TunnelGrant("web", "https://alice.my.app", 1)], new SessionLimits(1000, 32768)), HandshakeJson.Default.Welcome)],
            Taken(b => HandshakeCodec.DecodePayload(HandshakeCodec.DecodeFrame(b).Payload, HandshakeJson.Default.Welcome))),
        ["raw open"] = ([new RawOpen("id", "tcp", 0, Remote: "203.0.113.9").Encode()], Taken(b => RawOpen.Decode(b))),
        ["local response head"] = (
            [Utf8("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX: \t a \r\nSet-Cookie: a\r\nContent-Length: 5\r\n\r\nhello"), Utf8("HTTP/1.0 404\r\n\r\n")],
            Refused<LocalResponseException>(b => _ = ResponseHeadParser.TryParse(b, new ResponseHead(), out _, out _))),
        ["client hello"] = ([Raw.Hello.With("my.app"), Raw.Hello.With("a.b", recordBytes: 7), Raw.Hello.WithoutExtensions()], b => ClientHello.Read(b, out _)),
        ["ggrok.yml"] = (
            [Utf8("server: my.app\ntunnels:\n  web: {target: 3000, allow-ip: [10.0.0.0/8, \"::1\"]}\n  db:\n    kind: tcp\n    target: 5432\nconnect:\n  x: 1\nrules:\n  slow:\n    latency: 800ms\n"), Utf8("a: &b c\n? - [x, {y: *b}]\n: |\n  text\n---\n")],
            b => ConfigDocument.Parse("ggrok.yml", Encoding.UTF8.GetString(b))),
        ["policies"] = (
            [Utf8("all:\n  deny-ip: [192.0.2.0/24]\ntunnels:\n  \"*.my.app/hooks\": {allow-ip: \"${HOME}\"}\n  \"tcp:*\":\n    deny-ip: ::/0\n")],
            Refused<FormatException>(b => new PolicyFile("policies.yml", _ => "10.0.0.1").Read(Encoding.UTF8.GetString(b)))),
        ["conditions"] = ([Utf8("method=POST,put\nheader=X-Env: staging"), Utf8("header=X-Beta")], Refused<FormatException>(b =>
        {
            // What it makes of a text, it makes of its own text again: the canonical form is one.
            RouteMatch match = RouteMatch.Parse(Encoding.Latin1.GetString(b).Split('\n'))!;
            RouteMatch.Parse(match.Texts)!.Canonical.ShouldBe(match.Canonical);
        })),
        ["values of policies"] = (
            [
                Utf8("^/old/(?<a>.*?)x{2,5}$ -> /new/$<a>?$1"), Utf8("set X-User: {{a}} {user} {path}"), Utf8("remove X-Debug"), Utf8("/api/v1"), Utf8("365d includeSubDomains"),
                Utf8("https://*.example.com:8443, http://[::1]"), Utf8("502=<p>{status} {message}</p>"), Utf8("LocalUnreachable={\"a\":\"{error}\"}"), Utf8("10.0.0.0/8"), Utf8("30m"),
            ],
            b => Array.ForEach([.. PolicyKeys.All], key => Refused<FormatException>(_ => key.Check([Encoding.UTF8.GetString(b)]))([]))),
        ["rules for targets"] = (
            [Utf8("^/old/(?<a>.*?)(x|y){2,5}$ -> /new/$<a>?$1\0/old/abcxyx?%2e"), Utf8("(.*a)(.*a)+ -> $1$2\0/aaaaaaaaaaaaa"), Utf8("/a -> //\0/a/../..%2f;x")],
            Refused<FormatException>(b =>
            {
                string[] parts = Encoding.Latin1.GetString(b).Split('\0', 2);
                string? target = TargetRule.Parse(parts[0]).Apply(parts.Length > 1 ? parts[1] : "/" + new string('a', 1000));
                if (target is { Length: > 0 } && RewrittenTarget.IsAllowed(RewrittenTarget.WithOneSlash(target)))
                {
                    RequestTarget.IsSafe(RewrittenTarget.WithOneSlash(target)).ShouldBeTrue();
                    RewrittenTarget.WithOneSlash(target).StartsWith("//", StringComparison.Ordinal).ShouldBeFalse();
                }
            })),
        ["rules for fields"] = (
            [Utf8("set X-User: {{a}} {user} {path}"), Utf8("add X-A: {host}"), Utf8("remove X-Debug"), Utf8("Content-Length: 5")],
            Refused<FormatException>(b =>
            {
                string text = Encoding.Latin1.GetString(b);
                HeaderRule rule = HeaderRule.Parse(text, isRequest: true);
                HeaderField.IsName(rule.Name).ShouldBeTrue();
                HeaderField.IsValue(rule.Value?.Fill(_ => text + "\r\n\0") ?? "").ShouldBeTrue();
            })),
        ["request target"] = ([Utf8("/a/b?c=d%23e"), Utf8("http://user@host:80/path?query"), Utf8("*")], b =>
        {
            string target = RequestTarget.ToOriginForm(Encoding.Latin1.GetString(b));
            if (RequestTarget.IsSafe(target) && RequestTarget.IsBelow(target, "/a"))
            {
                RequestTarget.StripPrefix(target, "/a")[0].ShouldBe('/');
            }
        }),
    };

    [Theory]
    [MemberData(nameof(Parsers))]
    public void Any_bytes_are_taken_or_refused_by_name(string parser)
    {
        Action<byte[]> parse = Targets[parser].Parse;
        Prop.ForAll<byte[]>(bytes => parse(bytes ?? [])).QuickCheckThrowOnFailure();
    }

    [Theory]
    [MemberData(nameof(Parsers))]
    public void Changed_samples_are_taken_or_refused_by_name_soon_and_within_bounds(string parser)
    {
        (byte[][] corpus, Action<byte[]> parse) = Targets[parser];
        int seed = Setting("GGROK_FUZZ_SEED") ?? Random.Shared.Next();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"GGROK_FUZZ_SEED={seed}"));
        var mutation = new Mutation(new Random(seed), corpus);
        TimeSpan budget = Setting("GGROK_FUZZ_SECONDS") is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.FromMilliseconds(500);
        long started = Stopwatch.GetTimestamp();
        int inputs = 0;
        do
        {
            Try(parser, parse, mutation.Next());
            inputs++;
        }
        while (Stopwatch.GetElapsedTime(started) < budget);

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{inputs} inputs"));
    }

    private static void Try(string parser, Action<byte[]> parse, byte[] input)
    {
        long started = Stopwatch.GetTimestamp();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            parse(input);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{parser} failed for {Convert.ToHexString(input.AsSpan(0, Math.Min(input.Length, LongestInput)))}", e);
        }

        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(Slowest, $"{parser}: {Convert.ToHexString(input.AsSpan(0, Math.Min(input.Length, LongestInput)))}");
        (GC.GetAllocatedBytesForCurrentThread() - allocated).ShouldBeLessThan(MostBytes, parser);
    }

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;

    private static Action<byte[]> Taken(Action<byte[]> parse) => Refused<ProtocolViolationException>(parse);

    private static Action<byte[]> Refused<T>(Action<byte[]> parse)
        where T : Exception => bytes =>
    {
        try
        {
            parse(bytes);
        }
        catch (T)
        {
            // The named complaint.
        }
    };

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
