using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Inspector.Replay;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox.Client;

/// <summary>Deliveries while nothing listens at the local service.</summary>
public class KnockingTests
{
    [Fact]
    public async Task A_delivery_that_finds_nobody_again_and_again_is_told_once_until_somebody_is_there()
    {
        int port = FreePorts.One();
        var tunnel = new LocalTunnel { Name = "web", Target = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")) };
        var recorder = new Recorder(new RecorderOptions(), TimeProvider.System);
        var events = new RecordingEvents();
        await using var server = new LoopbackTunnel([tunnel], events, TimeProvider.System, new VisitorRecording(recorder));

        (await ToldAsync("01JD0000000000000000000001")).ShouldBe((0, RelayError.LocalUnreachable));
        for (int i = 0; i < 3; i++)
        {
            (await SendAsync(server, "01JD0000000000000000000001")).ShouldBe((0, RelayError.LocalUnreachable));
        }

        recorder.Summaries(0, 100, out _).Count.ShouldBe(1);
        (await ToldAsync("01JD0000000000000000000002")).ShouldBe((0, RelayError.LocalUnreachable));
        (await ToldAsync(null)).ShouldBe((0, RelayError.LocalUnreachable));
        (await ToldAsync(null)).ShouldBe((0, RelayError.LocalUnreachable));
        recorder.Summaries(0, 100, out _).Count.ShouldBe(4);
        (await ToldAsync("01JD0000000000000000000001")).ShouldBe((0, RelayError.LocalUnreachable));
        (await SendAsync(server, "01JD0000000000000000000001")).ShouldBe((0, RelayError.LocalUnreachable));
        recorder.Summaries(0, 100, out _).Count.ShouldBe(5);

        await using LocalApp app = await LocalApp.StartAsync(context => context.Response.WriteAsync("here"), port: port);
        (await ToldAsync("01JD0000000000000000000001")).ShouldBe((200, RelayError.None));
        (await ToldAsync("01JD0000000000000000000001")).ShouldBe((200, RelayError.None));
        recorder.Summaries(0, 100, out _).Count.ShouldBe(7);

        // What came of it counts for the next one as soon as it is told, which is a moment after the server has the answer.
        async Task<(int Status, RelayError Error)> ToldAsync(string? delivery)
        {
            (int Status, RelayError Error) answer = await SendAsync(server, delivery);
            await events.NextExchangeAsync();
            return answer;
        }
    }

    private static async Task<(int Status, RelayError Error)> SendAsync(LoopbackTunnel server, string? delivery)
    {
        MuxStream stream = server.OpenStream()!;
        var head = new RequestHead { Id = "x", Method = "POST", Target = "/hooks", Scheme = "https", Host = "a", Version = "1.1" };
        if (delivery is not null)
        {
            head.Headers.Add(new HeaderField("Ggrok-Delivery-Id", delivery));
        }

        await HeadSender.WriteWholeAsync(stream, head);
        int status = 0;
        while (true)
        {
            InboundFrame frame = await Within.Bound(stream.ReadAsync().AsTask(), "an answer");
            switch (frame.Kind)
            {
                case FrameKind.Head:
                    status = HeadReader.ReadResponse(frame.Payload.Span).Status;
                    break;
                case FrameKind.Reset:
                    return (status, frame.Error);
                case FrameKind.End:
                    return (status, RelayError.None);
            }

            stream.Advance();
        }
    }
}
