using System.Net;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Credentials;

/// <summary>Login at GitHub, here a GitHub Enterprise Server that only tests know.</summary>
public class GitHubTests
{
    [Theory]
    [InlineData("user:anna", true)]
    [InlineData("user:ANNA", true)]
    [InlineData("user:ann", false)]
    [InlineData("org:our-company", true)]
    [InlineData("org:pending", false)]
    [InlineData("org:elsewhere", false)]
    [InlineData("anna@example.com", true)]
    [InlineData("unverified@unverified.example", false)]
    [InlineData("@example.com", true)]
    [InlineData("@unverified.example", false)]
    public async Task Who_gets_in_is_said_by_name_organisation_or_verified_address(string allow, bool passes)
    {
        await using LocalApp gitHub = await LocalApp.StartAsync(ServeAsync);
        await using EdgeScene scene = await EdgeScene.StartAsync(
            [("oauth", "github=" + gitHub.Url.AbsoluteUri), ("oauth-client-id", "the-client"), ("oauth-client-secret", "hush"), ("oauth-allow", allow)],
            [("GGROK_LOGIN_PRIVATE", "true")]);
        using HttpClient browser = CredentialScene.Browser(scene.Environment.PublicUrl);
        HttpResponseMessage sent = await browser.GetAsync("/");
        sent.StatusCode.ShouldBe(HttpStatusCode.SeeOther, await sent.Content.ReadAsStringAsync());
        using var atGitHub = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        Uri back = (await atGitHub.GetAsync(sent.Headers.Location)).Headers.Location!;

        HttpResponseMessage answer = await browser.GetAsync(back);

        if (passes)
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther, await answer.Content.ReadAsStringAsync());
            (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        else
        {
            answer.ErrorOf().ShouldBe(nameof(RelayError.AccessDenied));
            scene.Reached.ShouldBe(0);
        }
    }

    private static async Task ServeAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (request.Path == "/login/oauth/authorize")
        {
            context.Response.Redirect($"{request.Query["redirect_uri"]}?code=the-code&state={request.Query["state"]}");
            return;
        }

        if (request.Path == "/login/oauth/access_token")
        {
            IFormCollection form = await request.ReadFormAsync();
            await (form["code"] == "the-code" && form["client_secret"] == "hush" && form["code_verifier"].ToString().Length >= 43
                ? context.Response.WriteAsJsonAsync(new { access_token = "of-anna", token_type = "bearer" })
                : context.Response.WriteAsJsonAsync(new { error = "bad_verification_code" }));
            return;
        }

        if (request.Headers.Authorization != "Bearer of-anna" || request.Headers.UserAgent.Count == 0)
        {
            context.Response.StatusCode = 401;
            return;
        }

        object? answer = request.Path.Value switch
        {
            "/api/v3/user" => new { login = "anna", email = "profile@unverified.example" },
            "/api/v3/user/emails" => new object[] { new { email = "anna@example.com", verified = true, primary = true }, new { email = "unverified@unverified.example", verified = false } },
            "/api/v3/user/memberships/orgs/our-company" => new { state = "active" },
            "/api/v3/user/memberships/orgs/pending" => new { state = "pending" },
            _ => null,
        };
        context.Response.StatusCode = answer is null ? 404 : 200;
        await context.Response.WriteAsJsonAsync(answer ?? new { message = "Not Found" });
    }
}
