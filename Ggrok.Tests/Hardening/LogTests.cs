using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Hardening;

/// <summary>What strangers write does not write the log.</summary>
public class LogTests
{
    [Theory]
    [InlineData("GET /%0d%0a12:00:00.000%20info:%20forged HTTP/1.1\r\nHost: {host}\r\n\r\n")]
    [InlineData("GET /\u001b[2J HTTP/1.1\r\nHost: {host}\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: {host}\r\nX-Request-ID: a\tb forged\r\n\r\n")]
    [InlineData("GET /%1b%5b31m%c2%85%e2%80%a8 HTTP/1.1\r\nHost: {host}\r\n\r\n")]
    public async Task Control_characters_of_a_visitor_do_not_reach_the_log(string request)
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(context => context.Response.WriteAsync("ok"));
        using RawSocket visitor = await RawSocket.ConnectAsync(ggrok.Server.Url);

        await visitor.SendAsync(request.Replace("{host}", ggrok.Server.Url.Authority, StringComparison.Ordinal));
        await visitor.ReadUntilAsync("\r\n\r\n");
        await ggrok.Visitor.GetAsync("/behind");

        await Eventually.BecomesAsync(() => Task.FromResult(ggrok.Server.Logs.Lines.Any(l => l.Message.Contains("/behind", StringComparison.Ordinal))), true);
        ShouldBePlain(ggrok.Server.Logs);
    }

    [Fact]
    public async Task Control_characters_of_a_client_do_not_reach_the_log_or_another_clients_screen()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using var first = new RunningClient(RunningClient.Options(server.Url, new Uri("http://127.0.0.1:9")) with { Label = "anna\r\nforged line\u001b[31m" });
        await first.Events.NextReadyAsync();

        await using var second = new RunningClient(RunningClient.Options(server.Url, new Uri("http://127.0.0.1:9")));
        ClientExit exit = await second.Exit;

        exit.Message.ShouldNotBeNull().ShouldNotContain(c => char.IsControl(c));
        ShouldBePlain(server.Logs);
    }

    [Fact]
    public async Task Secrets_are_in_no_line_of_the_log()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "s3cret-token")]);
        await using LocalApp local = await LocalApp.StartAsync(context => context.Response.WriteAsync("ok"));
        await using var client = new RunningClient(RunningClient.Options(server.Url, local.Url, token: "s3cret-token"));
        await client.Events.NextReadyAsync();
        await using var wrong = new RunningClient(RunningClient.Options(server.Url, local.Url, token: "s3cret-guess"));
        await wrong.Exit;
        using var visitor = new HttpClient { BaseAddress = server.Url };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/?key=s3cret-query");
        request.Headers.Add("Authorization", "Bearer s3cret-header");
        request.Headers.Add("Cookie", "session=s3cret-cookie");
        (await visitor.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await Eventually.BecomesAsync(() => Task.FromResult(server.Logs.Lines.Any(l => l.Message.Contains(" GET / 200 ", StringComparison.Ordinal))), true);
        server.Logs.Lines.ShouldNotContain(l => l.Category.StartsWith("Ggrok", StringComparison.Ordinal) && l.Message.Contains("s3cret", StringComparison.Ordinal));
        client.Events.Log.ShouldNotContain(l => l.Contains("s3cret", StringComparison.Ordinal));
    }

    private static void ShouldBePlain(RecordingLogs logs) =>
        logs.Lines.Where(l => l.Category.StartsWith("Ggrok", StringComparison.Ordinal)).ShouldAllBe(l => !l.Message.Any(c => char.IsControl(c) || c == '\u2028'));
}
