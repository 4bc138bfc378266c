using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Grpc;

/// <summary>gRPC's interoperability cases with <c>@grpc/grpc-js</c> at both ends.</summary>
internal static class Interop
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    /// <summary>Starts the service that the cases call.</summary>
    public static Task<(RunningProgram Process, Uri Url)> ServeAsync() => NodeProcess.ServeScriptAsync("grpc/server.mjs");

    /// <summary>
    /// Runs every case against whatever carries HTTP/2 from <paramref name="address"/> to that service; fails with the names
    /// of the cases that failed.
    /// </summary>
    /// <param name="address">http or https, host and port.</param>
    /// <param name="certificate">File with the certificate to trust, for https.</param>
    public static async Task RunAsync(Uri address, string? certificate = null)
    {
        await using RunningProgram cases = NodeProcess.Start("grpc/interop.mjs", [address.GetLeftPart(UriPartial.Authority), .. certificate is null ? (string[])[] : [certificate]]);
        int exit = await cases.ExitAsync(Limit);

        string[] lines = cases.Output.Split('\n');
        lines.Where(l => !l.StartsWith("ok ", StringComparison.Ordinal) && l.Length > 0).ShouldBeEmpty();
        lines.Count(l => l.StartsWith("ok ", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(20);
        exit.ShouldBe(0);
    }
}
