using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Grpc;

/// <summary>gRPC-Web, which is gRPC for HTTP/1.1, with <c>@connectrpc/connect-node</c> at both ends.</summary>
public class GrpcWebTests
{
    [PeerFact]
    public async Task Calls_streams_metadata_and_statuses_pass()
    {
        (RunningProgram service, Uri url) = await NodeProcess.ServeScriptAsync("grpc/web-server.mjs");
        await using RunningProgram running = service;
        await using RunningServer server = await RunningServer.StartAsync();
        await using var client = new RunningClient(RunningClient.Options(server.Url, url));
        await client.Events.NextReadyAsync();

        await using RunningProgram visitor = NodeProcess.Start("grpc/web-client.mjs", server.Url.GetLeftPart(UriPartial.Authority));

        (await visitor.ExitAsync()).ShouldBe(0, visitor.Output);
    }
}
