using System.Net;
using Ggrok.Shared.Edge.Maintenance;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Edge.Maintenance;

public class MaintenancePolicyTests
{
    [Fact]
    public async Task Everybody_is_told_to_come_back_but_those_who_work_on_it()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(
            ("maintenance", "Back at <noon>"), ("maintenance-retry-after", "30m"), ("maintenance-allow-ip", "203.0.113.9, 2001:db8::/32"));

        HttpResponseMessage closed = await scene.FromAsync("198.51.100.1");
        closed.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        closed.Headers.RetryAfter!.ToString().ShouldBe("1800");
        closed.Headers.GetValues("X-Ggrok-Error").ShouldBe(["Maintenance"]);
        (await closed.Content.ReadAsStringAsync()).ShouldContain("\"message\":\"Back at \\u003Cnoon\\u003E\"");
        scene.Reached.ShouldBe(0);

        (await scene.FromAsync("203.0.113.9")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.FromAsync("2001:db8::7")).StatusCode.ShouldBe(HttpStatusCode.OK);
        scene.Reached.ShouldBe(2);
    }

    [Fact]
    public async Task The_server_closes_and_opens_tunnels_by_its_file_without_a_restart()
    {
        string folder = Directory.CreateTempSubdirectory("ggrok").FullName;
        string file = Path.Combine(folder, "policies.yml");
        await File.WriteAllTextAsync(Path.Combine(folder, "closed.html"), "<h1>{status}</h1><p>{message}</p>");
        await File.WriteAllTextAsync(file, "all:\n  maintenance: false\n  maintenance-page: closed.html\n");
        await using EdgeScene scene = await EdgeScene.StartAsync([], [("GGROK_POLICY_FILE", file)]);
        (await scene.FromAsync("203.0.113.9")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await File.WriteAllTextAsync(file, "all:\n  maintenance: Back at noon\n  maintenance-page: closed.html\n");
        await Eventually.BecomesAsync(async () => (await scene.FromAsync("203.0.113.9")).StatusCode, HttpStatusCode.ServiceUnavailable);
        var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Accept", "text/html");
        (await (await scene.Visitor.SendAsync(request)).Content.ReadAsStringAsync()).ShouldBe("<h1>503</h1><p>Back at noon</p>");

        await File.WriteAllTextAsync(file, "all:\n  maintenance: false\n  maintenance-page: closed.html\n");
        await Eventually.BecomesAsync(async () => (await scene.FromAsync("203.0.113.9")).StatusCode, HttpStatusCode.OK);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("true", true, null)]
    [InlineData("Yes", true, null)]
    [InlineData("off", false, null)]
    [InlineData(" Soon.\n", true, "Soon.")]
    [InlineData("a\u001b[31mb", true, "a?[31mb")]
    public void The_key_opens_closes_and_explains(string text, bool isClosed, string? sentence)
    {
        MaintenanceOptions options = MaintenanceOptions.Parse(text, null, null, []);

        (options.IsClosed, options.Sentence).ShouldBe((isClosed, sentence));
    }

    [Theory]
    [InlineData(null, null, "1h", "add maintenance:")]
    [InlineData("true", "plain", null, "neither HTML nor JSON")]
    [InlineData("true", null, "noon", "is no time")]
    [InlineData("", null, null, "write a sentence")]
    public void What_is_missing_or_wrong_is_told(string? message, string? page, string? retryAfter, string complaint) =>
        Should.Throw<FormatException>(() => MaintenanceOptions.Parse(message, page, retryAfter, [])).Message.ShouldContain(complaint);
}
