using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Ggrok.Shared.Webhooks;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Webhooks;

namespace Ggrok.Tests.Edge.Webhook;

/// <summary>Webhooks as the providers' own packages sign them, sent to a tunnel that verifies them.</summary>
public class ProviderWebhookTests
{
    private const string Body = "{\"type\":\"a.b\",\"text\":\"äöü 𝄞 \\u0000\", \"n\" : 1.0}\n";
    private const string TwilioForm = "To=%2B15551234567&Body=gr%C3%BC%C3%9Fe+%26";
    private const string StandardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static readonly Dictionary<string, object> Form = new() { ["To"] = "+15551234567", ["Body"] = "grüße &" };

    private static readonly (string Name, WebhookProvider Provider, string Secret)[] Providers =
    [
        ("github", WebhookProvider.GitHub, "It's a Secret = to Everybody"),
        ("gitlab", WebhookProvider.GitLab, "gitlab token"),
        ("stripe", WebhookProvider.Stripe, "whsec_stripe"),
        ("slack", WebhookProvider.Slack, "slack, secret"),
        ("shopify", WebhookProvider.Shopify, "shopify"),
        ("twilio", WebhookProvider.Twilio, "12345"),
        ("standard", WebhookProvider.StandardWebhooks, StandardSecret),
    ];

    [PeerFact]
    public async Task What_the_providers_sign_reaches_the_local_service_byte_for_byte()
    {
        await using WebhookScene scene = await WebhookScene.StartAsync(Verify(p => p.Secret));
        List<WebhookRequest> signed = await SignAsync(scene.Edge.Environment.PublicUrl, DateTimeOffset.UtcNow);

        foreach (((string name, _, _), WebhookRequest request) in Providers.Zip(signed))
        {
            HttpResponseMessage response = await SendAsync(scene, request, request.Body.ToArray());

            response.StatusCode.ShouldBe(HttpStatusCode.OK, $"{name}: {await response.Content.ReadAsStringAsync()}");
            scene.Received.TryDequeue(out Received? received).ShouldBeTrue();
            received!.Body.ShouldBe(request.Body.ToArray(), name);
        }
    }

    [PeerFact]
    public async Task Changed_bodies_other_secrets_and_old_signatures_are_refused_and_nothing_is_forwarded()
    {
        await using WebhookScene scene = await WebhookScene.StartAsync(Verify(p => p.Secret));
        await using WebhookScene other = await WebhookScene.StartAsync(Verify(p => p.Secret + "x"));
        List<WebhookRequest> now = await SignAsync(scene.Edge.Environment.PublicUrl, DateTimeOffset.UtcNow);
        List<WebhookRequest> elsewhere = await SignAsync(other.Edge.Environment.PublicUrl, DateTimeOffset.UtcNow);
        List<WebhookRequest> old = await SignAsync(scene.Edge.Environment.PublicUrl, DateTimeOffset.UtcNow.AddMinutes(-6));

        for (int i = 0; i < Providers.Length; i++)
        {
            byte[] changed = now[i].Body.ToArray();
            changed[^3]++;
            if (Providers[i].Provider != WebhookProvider.GitLab)
            {
                await WebhookScene.RefusedAsync(await SendAsync(scene, now[i], changed), "fits no configured secret");
            }

            await WebhookScene.RefusedAsync(await SendAsync(other, elsewhere[i], elsewhere[i].Body.ToArray()), "configured secret");
            if (Providers[i].Provider is WebhookProvider.Stripe or WebhookProvider.Slack or WebhookProvider.StandardWebhooks)
            {
                await WebhookScene.RefusedAsync(await SendAsync(scene, old[i], old[i].Body.ToArray()), "300 s are tolerated");
            }
        }

        (scene.Edge.Reached, other.Edge.Reached).ShouldBe((0, 0));
    }

    [PeerFact]
    public async Task Twilio_signs_the_address_that_it_called_also_behind_a_proxy()
    {
        await using WebhookScene scene = await WebhookScene.StartAsync(("verify", "/sms twilio=12345"));
        Uri called = new UriBuilder(scene.Edge.Environment.PublicUrl) { Scheme = "https" }.Uri;
        WebhookRequest signed = (await SignedWebhooks.SignAsync(
            new ToSign(WebhookProvider.Twilio, TwilioForm, "12345", 0) { Form = Form, Url = new Uri(called, "/sms?a=%20b").AbsoluteUri }))[0];
        HttpRequestMessage request = Request(signed, signed.Body.ToArray(), "/sms?a=%20b");
        request.Headers.Add("X-Forwarded-Proto", "https");

        (await scene.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await WebhookScene.RefusedAsync(await SendAsync(scene, signed, signed.Body.ToArray(), "/sms?a=%20b"), "fits no configured secret");
    }

    private static (string, string)[] Verify(Func<(string Name, WebhookProvider Provider, string Secret), string> secret) =>
        [.. Providers.Select(p => ("verify", $"{p.Name}={secret(p)}"))];

    private static Task<List<WebhookRequest>> SignAsync(Uri url, DateTimeOffset time) => SignedWebhooks.SignAsync([.. Providers.Select(p =>
        new ToSign(p.Provider, p.Provider == WebhookProvider.Twilio ? TwilioForm : Body, p.Secret, time.ToUnixTimeSeconds())
        {
            Form = p.Provider == WebhookProvider.Twilio ? Form : null,
            Url = new Uri(url, "/in?a=1").AbsoluteUri,
        })]);

    private static Task<HttpResponseMessage> SendAsync(WebhookScene scene, WebhookRequest signed, byte[] body, string target = "/in?a=1") =>
        scene.SendAsync(Request(signed, body, target));

    private static HttpRequestMessage Request(WebhookRequest signed, byte[] body, string target)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(body) };
        foreach ((string name, string value) in signed.Headers)
        {
            if (name == "Content-Type")
            {
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(value);
            }
            else
            {
                request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
            }
        }

        return request;
    }
}
