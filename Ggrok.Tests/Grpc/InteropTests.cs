using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Raw;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Hosting;

namespace Ggrok.Tests.Grpc;

/// <summary>gRPC through the tunnel, on every way in.</summary>
public class InteropTests
{
    [PeerFact]
    public Task Every_case_passes_without_tls_on_the_port_of_http1() => ThroughTunnelAsync(TargetProtocol.Auto, server => Interop.RunAsync(server.Url));

    [PeerFact]
    public Task Every_case_passes_to_a_target_said_to_speak_http2() => ThroughTunnelAsync(TargetProtocol.H2c, server => Interop.RunAsync(server.Url));

    [PeerFact]
    public async Task Every_case_passes_over_tls()
    {
        using var certificate = new LoopbackCertificate();
        await ThroughTunnelAsync(
            TargetProtocol.Auto,
            server => Interop.RunAsync(server.SecureUrl, certificate.PemFile),
            k => k.Listen(IPAddress.Loopback, 0, o => o.UseHttps(certificate.Certificate)));
    }

    [PeerFact]
    public async Task Every_case_passes_by_the_private_name_under_which_a_device_serves()
    {
        (RunningProgram service, Uri url) = await Interop.ServeAsync();
        await using RunningProgram running = service;
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(RawScene.Tcp(url.Port, "device-42"));

        IPEndPoint address = (await scene.ConnectAsync("device-42")).Address;

        await Interop.RunAsync(new Uri($"http://{address}"));
    }

    private static async Task ThroughTunnelAsync(
        TargetProtocol protocol, Func<RunningServer, Task> run, Action<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>? kestrel = null)
    {
        (RunningProgram service, Uri url) = await Interop.ServeAsync();
        await using RunningProgram running = service;
        await using RunningServer server = await RunningServer.StartAsync(kestrel: kestrel);
        await using var client = new RunningClient(RunningClient.Options(server.Url, url, t => t with { TargetProtocol = protocol }));
        await client.Events.NextReadyAsync();
        await run(server);
    }
}
