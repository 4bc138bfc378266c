using System.Net;
using System.Text;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Edge.Credentials;

/// <summary>Requests with credentials, and what visitors do with cookies.</summary>
internal static class CredentialScene
{
    /// <summary>A hash that costs little: tests of what it lets in need no more.</summary>
    public static string Hashed(string password) => Ggrok.Shared.Edge.Credentials.PasswordHash.Of(password, 1000).ToString();

    public static string Basic(string userAndPassword) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(userAndPassword));

    /// <summary>A request with header fields, written as "Name: value".</summary>
    public static async Task<HttpResponseMessage> GetAsync(this HttpClient visitor, string path, params string[] fields) =>
        await visitor.SendAsync(Request(HttpMethod.Get, path, fields));

    public static HttpRequestMessage Request(HttpMethod method, string path, params string[] fields)
    {
        var request = new HttpRequestMessage(method, path);
        foreach (string[] field in fields.Select(f => f.Split(": ", 2)))
        {
            request.Headers.TryAddWithoutValidation(field[0], field[1]);
        }

        return request;
    }

    public static string ErrorOf(this HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Ggrok-Error", out IEnumerable<string>? names) ? names.Single() : "";

    public static string[] SetCookies(this HttpResponseMessage response) =>
        response.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? cookies) ? [.. cookies] : [];

    /// <summary>The cookies that a response sets, as a browser sends them back.</summary>
    public static string CookiesOf(HttpResponseMessage response) => string.Join("; ", response.SetCookies().Select(c => c.Split(';')[0]));

    /// <summary>A visitor with a browser's memory for cookies, which follows no redirects.</summary>
    public static HttpClient Browser(Uri url, CookieContainer? cookies = null)
    {
        var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = true, CookieContainer = cookies ?? new CookieContainer(), UseProxy = false })
        {
            BaseAddress = url,
            Timeout = Within.Limit,
        };
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        return browser;
    }
}
