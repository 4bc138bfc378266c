using System.Net;
using Ggrok.Tests.Deploy;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Demo;

/// <summary>The demo as a stranger starts it.</summary>
public class DemoProgramTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Ggrok.Demo.dll");

    [UnixFact]
    public async Task It_prints_its_addresses_serves_the_page_through_the_tunnel_and_ends_well()
    {
        // Settings of other programs must not disturb it.
        await using RunningProgram demo = RunningProgram.Start("dotnet", Program, environment: [("GGROK_TOKEN", "client"), ("GGROK_TOKENS", "server"), ("PORT", "1")]);
        var url = new Uri((await demo.LineAsync("Public URL")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]);
        await demo.LineAsync("Press Ctrl-C");
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });

        // An event stream without end must not hold up the end.
        using HttpResponseMessage clock = await http.GetAsync(new Uri(url, "clock"), HttpCompletionOption.ResponseHeadersRead);
        (await http.GetStringAsync(url)).ShouldContain("Ggrok demo");
        (await demo.LineAsync("GET")).ShouldContain("200");
        await demo.TerminateAsync();

        (await demo.ExitAsync()).ShouldBe(0, demo.Output);
    }

    [Theory]
    [InlineData("--port 3000", 2, "There is no option --port.")]
    [InlineData("--app-port", 2, "--app-port needs a port")]
    [InlineData("--server-port=70000", 2, "--server-port needs a port")]
    [InlineData("--help", 0, "--server-port PORT")]
    public async Task A_wrong_command_line_is_told_what_is_right(string arguments, int exit, string text)
    {
        await using RunningProgram demo = RunningProgram.Start("dotnet", $"{Program} {arguments}");

        (await demo.ExitAsync()).ShouldBe(exit);
        demo.Output.ShouldContain(text);
    }

    [Theory]
    [InlineData("--server-port")]
    [InlineData("--app-port")]
    public async Task A_port_in_use_is_said(string option)
    {
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        await using RunningProgram demo = RunningProgram.Start("dotnet", $"{Program} {option} {((IPEndPoint)taken.LocalEndpoint).Port}");

        (await demo.ExitAsync()).ShouldBe(1);
        demo.Output.ShouldContain("Choose another port");
        demo.Output.ShouldNotContain("   at ");
    }
}
