using System.Text;
using Ggrok.Client.Inspector.Export;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Inspector;

/// <summary>Secrets are taken out wherever their names can be seen, odd places included.</summary>
public sealed class HiddenSecretTests
{
    private static readonly Redaction Redaction = new(new SecretNames([]));

    [Theory]
    [InlineData("Location", "https://app.test/callback#access_token=s3cret&state=1")]
    [InlineData("Location", "https://app.test/callback?state=1#id_token=s3cret")]
    [InlineData("Location", "https://anna:s3cret@app.test/")]
    [InlineData("Referer", "https://anna:s3cret@app.test/?a=1")]
    [InlineData("Location", "/callback?code=1;token=s3cret")]
    [InlineData("Refresh", "0; url=/next?session_token=s3cret")]
    [InlineData("Link", "</next?access_token=s3cret>; rel=next")]
    [InlineData("X-Original-URL", "/a?api_key=s3cret")]
    [InlineData("X-Forwarded-Uri", "/a?api_key=s3cret")]
    [InlineData("sET-cOOKIE", "a=s3cret")]
    [InlineData("X_API_KEY", "s3cret")]
    [InlineData("Proxy-Authorization", "Basic s3cret")]
    public void Fields_lose_theirs(string name, string value) => Fields(name, value).ShouldNotContain("s3cret");

    [Theory]
    [InlineData("Location", "https://app.test/a?b=c#d")]
    [InlineData("Location", "//app.test:8080/@anna:x")]
    [InlineData("Link", "</next?page=2>; rel=next")]
    [InlineData("X-Note", "what? token")]
    public void Fields_without_any_stay(string name, string value) => Fields(name, value).ShouldBe(value);

    [Theory]
    [InlineData("""{"a": {"b": [{"api_key": "s3cret"}]}}""")]
    [InlineData("""{"a": NaN, "password": "s3cret"}""")]
    [InlineData("""{"a": 'x', "b": {"password" : "s3\"s3cret"}, "token": 12}""")]
    [InlineData("""{"\ud800": 1, "password": "s3cret"}""")]
    [InlineData("""{"a": 1 "password": ["s3cret", "s3cret"]}""")]
    [InlineData("""{"a": 1 "password": s3cret}""")]
    [InlineData("""{"a": NaN, "x": {"y": [{"password": "s3cret"}]}}""")]
    [InlineData(""")]}', {"password": "s3cret"}""")]
    [InlineData("""{"a": 1 "password": "s3cret""")]
    [InlineData("""{"a": 1 "pass\u0077ord": "s3cret"}""")]
    [InlineData("""{"a": 1}, "password": "s3cret"}""")]
    public void Json_loses_its_own_even_where_it_is_broken(string json)
    {
        Body("application/json", Encoding.UTF8.GetBytes(json)).ShouldNotContain("s3cret");
        Body("application/json", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(json)]).ShouldNotContain("s3cret");
    }

    [Fact]
    public void What_only_looks_like_json_stays()
    {
        const string Log = "[INFO] user: \"anna\": logged in\n[WARN] \"x\": 1\n";
        Body("text/plain", Encoding.UTF8.GetBytes(Log)).ShouldBe(Log);
    }

    private static string Fields(string name, string value) =>
        Redaction.Apply(Recorded.Response(CapturedBody.Empty, $"{name}: {value}")).Response!.Headers.ShouldHaveSingleItem().Value;

    private static string Body(string type, byte[] body) =>
        Encoding.UTF8.GetString(Redaction.Apply(Recorded.Response(Recorded.Pieces(body), $"Content-Type: {type}")).ResponseBody.Bytes.Span);
}
