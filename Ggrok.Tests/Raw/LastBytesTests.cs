using System.IO.Pipelines;
using Ggrok.Client.Connection;
using Ggrok.Client.Rendezvous;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>What has arrived is delivered, whatever becomes of the session meanwhile.</summary>
public class LastBytesTests
{
    [Fact]
    public async Task A_connection_over_standard_streams_that_ended_in_order_is_a_success_also_while_the_server_drains()
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(RawScene.Tcp(local.Url.Port, "device-42"));
        var events = new RecordingEvents();
        var input = new Pipe();
        var output = new Pipe();
        TunnelClientOptions options = scene.ConnectOptions("device-42") with { Connect = [new ConnectTarget("device-42", null)], Reconnect = false };
        Task<ClientExit> running = StdioClient.RunAsync(
            options, input.Reader.AsStream(), output.Writer.AsStream(), events, TimeProvider.System, CancellationToken.None);
        using RawSocket accepted = await local.AcceptAsync();

        scene.Server.Get<SessionDirectory>().StartDraining();
        await accepted.SendAsync("all of it");
        accepted.ShutdownSend();
        (await new StreamReader(output.Reader.AsStream()).ReadToEndAsync()).ShouldBe("all of it");
        await input.Writer.CompleteAsync();

        (await events.NextConnectionAsync()).Error.ShouldBe(RelayError.None);

        // What the drain of the server does then.
        foreach (TunnelSession session in scene.Sessions)
        {
            session.Connection.RequestClose(CloseReason.Drained);
        }

        ClientExit exit = await Within.Bound(running, "the program to end");
        exit.Code.ShouldBe(ExitCode.Ok, exit.Message);
    }

    [Fact]
    public async Task What_has_arrived_for_a_slow_standard_output_is_written_although_the_session_ends()
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(RawScene.Tcp(local.Url.Port, "device-42"));
        var input = new Pipe();
        var output = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        TunnelClientOptions options = scene.ConnectOptions("device-42") with { Connect = [new ConnectTarget("device-42", null)], Reconnect = false };
        Task<ClientExit> running = StdioClient.RunAsync(
            options, input.Reader.AsStream(), output.Writer.AsStream(), new RecordingEvents(), TimeProvider.System, CancellationToken.None);
        using RawSocket accepted = await local.AcceptAsync();
        await input.Writer.CompleteAsync();
        (await accepted.ReadToEndAsync()).ShouldBeEmpty();
        byte[] sent = new byte[200_000];
        await accepted.SendAsync(sent);
        accepted.ShutdownSend();
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Sessions.Sum(s => s.Connection.OpenStreams)), 0);

        TunnelSession session = scene.Sessions.Single(s => s.Hello.Connect is not null);
        session.Connection.RequestClose(CloseReason.Drained);
        await Within.Bound(session.Connection.Ended, "the session to end");

        (await ReadAllAsync(output.Reader.AsStream())).Length.ShouldBe(sent.Length);
        (await Within.Bound(running, "the program to end")).Code.ShouldBe(ExitCode.Ok);
    }

    [Fact]
    public async Task A_client_that_is_stopped_waits_no_longer_than_its_drain_time_for_a_session_of_before()
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        RunningClient client = scene.Start(RunningClient.Options(scene.Server.Url, local.Url, _ => RawScene.Tcp(local.Url.Port)) with { DrainTimeout = TimeSpan.FromMilliseconds(100) });
        Uri url = (await client.Events.NextReadyAsync())[0].Url;
        using RawSocket visitor = await RawSocket.ConnectAsync(url);
        using RawSocket accepted = await local.AcceptAsync();
        scene.Server.Get<SessionDirectory>().StartDraining();
        await client.Events.NextLostAsync();

        client.Stop();

        (await client.Exit).Code.ShouldBe(ExitCode.DrainTimeout);
    }

    [Fact]
    public async Task A_name_that_nobody_serves_is_not_waited_for_and_nobody_is_told_to()
    {
        await using RawScene scene = await RawScene.StartAsync();
        TunnelClientOptions options = scene.ConnectOptions("nobody") with { Connect = [new ConnectTarget("nobody", null)], Reconnect = false };

        ClientExit exit = await StdioClient.RunAsync(options, Stream.Null, Stream.Null, new RecordingEvents(), TimeProvider.System, CancellationToken.None);

        exit.Code.ShouldBe(ExitCode.NameUnknown);
        exit.Message.ShouldNotBeNull().ShouldNotContain("--wait");
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }
}
