using System.Globalization;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Reliability;

/// <summary>Server and client as processes of their own, and how long tests go on with them.</summary>
internal static class Programs
{
    /// <summary>Whether the long form of the tests was asked for.</summary>
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("GGROK_CHAOS") == "long";

    /// <summary>A server on a port of the loopback interface, listening.</summary>
    public static async Task<RunningProgram> ServerAsync(int port, params (string Name, string Value)[] settings)
    {
        RunningProgram server = RunningProgram.Start("dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "Ggrok.Server.dll")}\"", environment:
        [
            ("ASPNETCORE_URLS", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")), ("GGROK_LOG_REQUESTS", "false"), .. settings,
        ]);
        await server.LineAsync("Now listening on");
        return server;
    }

    /// <summary>A client whose configuration and identity are in a folder.</summary>
    public static RunningProgram Client(string folder, Uri server, Uri target, string arguments) => RunningProgram.Start(
        "dotnet",
        $"\"{Path.Combine(AppContext.BaseDirectory, "ggrok.dll")}\" --server {server.GetLeftPart(UriPartial.Authority)} --target {target.GetLeftPart(UriPartial.Authority)} --quiet --log text --inspect off {arguments}",
        folder,
        [("GGROK_CONFIG", Path.Combine(folder, "ggrok.yml"))]);

    /// <summary>Says that the client is ready.</summary>
    public static Task ReadyAsync(this RunningProgram client) => client.LineAsync("Forwarding");

    /// <summary>How many sessions a server has opened since it was started.</summary>
    public static int SessionsOpened(this RunningProgram server) =>
        server.Output.Split('\n').Count(l => l.Contains("Tunnel session", StringComparison.Ordinal) && l.Contains(" opened: ", StringComparison.Ordinal));
}
