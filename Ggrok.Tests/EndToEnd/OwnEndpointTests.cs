using System.Net;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Ggrok.Tests.EndToEnd;

/// <summary>The server's own endpoints, without a socket between.</summary>
public sealed class OwnEndpointTests : IDisposable
{
    private readonly WebApplicationFactory<ServerOptions> _factory =
        new WebApplicationFactory<ServerOptions>().WithWebHostBuilder(b => b.UseSetting("GGROK_DOMAIN", "tunnels.example.com"));

    [Fact]
    public async Task Readiness_ends_with_draining_and_liveness_does_not()
    {
        using HttpClient http = _factory.CreateClient();
        (await http.GetAsync("/$$ggrok/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);

        _factory.Services.GetRequiredService<SessionDirectory>().StartDraining();

        (await http.GetAsync("/$$ggrok/health")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await http.GetAsync("/$$ggrok/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("tunnels.example.com", HttpStatusCode.OK)]
    [InlineData("held.tunnels.example.com", HttpStatusCode.OK)]
    [InlineData("other.tunnels.example.com", HttpStatusCode.NotFound)]
    [InlineData("", HttpStatusCode.NotFound)]
    public async Task A_tls_proxy_learns_which_names_are_real(string domain, HttpStatusCode expected)
    {
        using HttpClient http = _factory.CreateClient();
        _factory.Services.GetRequiredService<TunnelRegistry>().Register(
        [
            new TunnelRoute { Key = RouteKey.Http("held.tunnels.example.com", "/"), Owner = new("id", "label"), AwayUntil = DateTimeOffset.MaxValue },
        ]);

        (await http.GetAsync($"/$$ggrok/tls-allowed?domain={domain}")).StatusCode.ShouldBe(expected);
    }

    [Theory]
    [InlineData("GGROK_MAX_STREAMS", "many", "whole number")]
    [InlineData("GGROK_AWAY_GRACE", "soon", "duration")]
    [InlineData("GGROK_TRUSTED_PROXIES", "router", "neither an address nor a network")]
    [InlineData("GGROK_LOG_FORMAT", "xml", "console or json")]
    [InlineData("GGROK_TOKENS", "has space", "spaces")]
    [InlineData("GGROK_TOKENS_FILE", "/nonexistent", "cannot read")]
    [InlineData("GGROK_TOKEN", "x", "no such setting")]
    public void Settings_that_cannot_be_used_stop_the_server_with_advice(string name, string value, string advice)
    {
        Exception e = Should.Throw<SettingsException>(() => GgrokServer.Build([$"--{name}={value}"]));

        e.Message.ShouldContain(name);
        e.Message.ShouldContain(advice);
    }

    public void Dispose() => _factory.Dispose();
}
