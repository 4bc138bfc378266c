using System.Text;
using Ggrok.Client.Inspector.Export;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Inspector;

/// <summary>What is taken out of exchanges before they leave the inspector, and what is left as it was.</summary>
public class RedactionTests
{
    [Theory]
    [InlineData("Authorization")]
    [InlineData("Proxy-Authorization")]
    [InlineData("cookie")]
    [InlineData("Set-Cookie")]
    [InlineData("X-Api-Key")]
    [InlineData("X-Gitlab-Token")]
    [InlineData("X-Shopify-Access-Token")]
    [InlineData("X-Own-Thing")]
    public void Secret_fields_lose_their_value(string name)
    {
        ExchangeSnapshot redacted = Apply(Exchange("/", [new(name, "hidden"), new("X-Hub-Signature-256", "sha256=1"), new("Sec-WebSocket-Key", "k"), new("Accept", "*/*")], "") with
        {
            Response = Response(new HeaderField(name, "hidden")),
            ResponseTrailers = [new(name, "hidden")],
        });

        redacted.Request.Headers.ShouldBe([new(name, "REDACTED"), new("X-Hub-Signature-256", "sha256=1"), new("Sec-WebSocket-Key", "k"), new("Accept", "*/*")]);
        redacted.Response!.Headers.ShouldBe([new(name, "REDACTED")]);
        redacted.ResponseTrailers.ShouldBe([new(name, "REDACTED")]);
    }

    [Theory]
    [InlineData("/a?access_token=1&b=2&apiKey=3&user%5Bpassword%5D=4&flag&sig=5&max_tokens=6", "/a?access_token=REDACTED&b=2&apiKey=REDACTED&user%5Bpassword%5D=REDACTED&flag&sig=REDACTED&max_tokens=6")]
    [InlineData("/a?own_thing=1", "/a?own_thing=REDACTED")]
    [InlineData("/a?", "/a?")]
    [InlineData("/token=1", "/token=1")]
    public void Secret_parameters_lose_their_value(string target, string expected)
    {
        ExchangeSnapshot redacted = Apply(Exchange(target, [new("Referer", "https://a.b" + target)], "") with { Response = Response(new HeaderField("Location", target)) });

        redacted.Request.Target.ShouldBe(expected);
        redacted.Request.Headers[0].Value.ShouldBe("https://a.b" + expected);
        redacted.Response!.Headers[0].Value.ShouldBe(expected);
    }

    [Theory]
    [InlineData("""{ "a": 1, "password" : "x\"y", "nested": [{"api_key": {"a": [1, "}"]}, "b": "token"}], "client-secret": null }""",
        """{ "a": 1, "password" : "REDACTED", "nested": [{"api_key": "REDACTED", "b": "token"}], "client-secret": "REDACTED" }""")]
    [InlineData("""{"tok\u0065n": 12}""", """{"tok\u0065n": "REDACTED"}""")]
    [InlineData("{\"secret\":1}\n{\"secret\":2}\n", "{\"secret\":\"REDACTED\"}\n{\"secret\":\"REDACTED\"}\n")]
    [InlineData("""[{"a":"b"}]""", """[{"a":"b"}]""")]
    [InlineData("""{"a":1,"token":"abc def""", """{"a":1,"token":"REDACTED" """)]
    [InlineData("""{"a":1,"token":{"b":["abc""", """{"a":1,"token":"REDACTED" """)]
    [InlineData("""{"a":1,"token":""", """{"a":1,"token":"REDACTED" """)]
    [InlineData("""{"token": oops "abc"}""", """{"token":"REDACTED" """)]
    public void Secret_members_of_JSON_lose_their_value_also_when_the_end_is_missing(string body, string expected)
    {
        Body(Apply(Exchange("/", [new("Content-Type", "application/json")], body))).ShouldBe(expected.TrimEnd(' '));
    }

    [Fact]
    public void Secret_fields_of_forms_lose_their_value()
    {
        Body(Apply(Exchange("/", [new("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")], "user=a&pass%77ord=b+c&x=%FF"))).ShouldBe("user=a&pass%77ord=REDACTED&x=%FF");

        const string Parts = "--b1\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nanna\r\n--b1\r\nContent-Disposition: form-data; name=\"password\"; filename=\"p\"\r\nX: y\r\n\r\nge\r\nheim\r\n--b1--\r\n";
        HeaderField multipart = new("Content-Type", "multipart/form-data; boundary=\"b1\"");
        Body(Apply(Exchange("/", [multipart], Parts))).ShouldBe(Parts.Replace("ge\r\nheim", "REDACTED", StringComparison.Ordinal));
        Body(Apply(Exchange("/", [multipart], Parts[..^15]))).ShouldEndWith("X: y\r\n\r\nREDACTED");
    }

    [Fact]
    public void What_is_no_secret_stays_byte_for_byte()
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        ExchangeSnapshot exchange = Exchange("/", [new("Content-Type", "application/octet-stream")], "") with { RequestBody = new CapturedBody(bytes, 300, [new ArrivalMark(256, TimeSpan.FromSeconds(1))]) };

        Apply(exchange).RequestBody.ShouldBeSameAs(exchange.RequestBody);
    }

    [Fact]
    public void A_body_behind_an_unknown_coding_is_left_out()
    {
        ExchangeSnapshot exchange = Exchange("/", [new("Content-Encoding", "x-own"), new("Content-Type", "application/json")], "{\"token\":1}");

        ExchangeSnapshot redacted = Apply(exchange);

        redacted.RequestBody.Bytes.Length.ShouldBe(0);
        redacted.RequestBody.Total.ShouldBe(11);
    }

    private static ExchangeSnapshot Apply(ExchangeSnapshot exchange) => new Redaction(new SecretNames(["x-own-thing", "ownThing"])).Apply(exchange);

    private static string Body(ExchangeSnapshot exchange) => Encoding.UTF8.GetString(exchange.RequestBody.Bytes.Span);

    private static ResponseHead Response(HeaderField field)
    {
        var head = new ResponseHead { Status = 200 };
        head.Headers.Add(field);
        return head;
    }

    private static ExchangeSnapshot Exchange(string target, HeaderField[] fields, string body)
    {
        var head = new RequestHead { Id = "1", Method = "POST", Target = target, Scheme = "http", Host = "a.b", HasBody = true };
        head.Headers.AddRange(fields);
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        return new ExchangeSnapshot { Number = 1, Tunnel = "web", State = ExchangeState.Done, StartedAt = default, Request = head, RequestBody = new CapturedBody(bytes, bytes.Length, []) };
    }
}
