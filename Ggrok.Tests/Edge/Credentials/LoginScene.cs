using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Credentials;

/// <summary>A tunnel with a login at <see cref="FakeProvider"/>.</summary>
internal sealed class LoginScene : IAsyncDisposable
{
    private LoginScene(FakeProvider provider, EdgeScene edge)
    {
        Provider = provider;
        Edge = edge;
    }

    public FakeProvider Provider { get; }

    public EdgeScene Edge { get; }

    public Uri Url => Edge.Environment.PublicUrl;

    public static async Task<LoginScene> StartAsync(
        IEnumerable<(string Name, string Value)>? policies = null, IEnumerable<(string Name, string Value)>? settings = null, RequestDelegate? app = null,
        Func<LocalTunnel, LocalTunnel>? tunnel = null)
    {
        FakeProvider provider = await FakeProvider.StartAsync();
        return new LoginScene(provider, await EdgeScene.StartAsync(
            [.. Policies(provider), .. policies ?? [("oauth-allow", "anna@example.com")]], settings ?? [("GGROK_LOGIN_PRIVATE", "true")], app, tunnel));
    }

    public static (string Name, string Value)[] Policies(FakeProvider provider) =>
        [("oauth", provider.Issuer), ("oauth-client-id", "the-client"), ("oauth-client-secret", "hush")];

    public HttpClient Browser(CookieContainer? cookies = null) => CredentialScene.Browser(Url, cookies);

    /// <summary>Opens a page, logs in at the provider and comes back; returns the answer of the callback.</summary>
    public async Task<HttpResponseMessage> LogInAsync(HttpClient browser, string path = "/") => await browser.GetAsync(await ReturnAsync(browser, path));

    /// <summary>Opens a page and logs in at the provider; returns where it sends the browser.</summary>
    public async Task<Uri> ReturnAsync(HttpClient browser, string path = "/")
    {
        HttpResponseMessage sent = await browser.GetAsync(path);
        sent.StatusCode.ShouldBe(HttpStatusCode.SeeOther, await sent.Content.ReadAsStringAsync());
        return await Provider.LogInAsync(sent.Headers.Location!);
    }

    /// <summary>The error of a login that comes to nothing, and why.</summary>
    public async Task<(RelayError Error, string Reason)> FailAsync()
    {
        using HttpClient browser = Browser();
        HttpResponseMessage answer = await LogInAsync(browser);
        answer.SetCookies().ShouldBeEmpty();
        string reason = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldNotBe(HttpStatusCode.SeeOther);
        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        return (Enum.Parse<RelayError>(answer.ErrorOf()), reason);
    }

    public async ValueTask DisposeAsync()
    {
        await Edge.DisposeAsync();
        await Provider.DisposeAsync();
    }
}
