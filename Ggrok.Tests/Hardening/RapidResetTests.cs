using System.Buffers.Binary;
using System.Net;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Hardening;

/// <summary>Streams opened and reset as fast as they can be sent (CVE-2023-44487).</summary>
public class RapidResetTests
{
    // RFC 9113 section 7.
    private const uint EnhanceYourCalm = 11;

    // Kestrel keeps as many as a connection may have open, and as many again that were reset and have not ended.
    private const int MostStreams = 200;

    [Fact]
    public async Task Streams_that_are_reset_at_once_end_the_connection_and_leave_nothing_running()
    {
        await using var scene = await CountingScene.StartAsync();
        Ggrok.Server.Tunnels.TunnelSession session = scene.Ggrok.Server.Get<Ggrok.Server.Tunnels.SessionDirectory>().Sessions.Single();
        int peak = 0;
        await using (Http2Socket visitor = await Http2Socket.ConnectAsync(scene.Ggrok.Server.Url))
        {
            Task<uint?> closed = GoneAsync(visitor);
            try
            {
                for (uint stream = 1; stream < 40_000 && !closed.IsCompleted; stream += 200)
                {
                    using var batch = new MemoryStream();
                    for (uint id = stream; id < stream + 200; id += 2)
                    {
                        batch.Write(Http2Socket.Request(id, "/reset", endStream: true));
                        batch.Write(Http2Socket.Reset(id));
                    }

                    await visitor.SendAsync(batch.ToArray());
                    peak = Math.Max(peak, session.Connection.OpenStreams);
                }
            }
            catch (IOException)
            {
                // The server has closed the connection.
            }

            // Another visitor, while it goes on.
            using HttpResponseMessage other = await scene.Ggrok.Visitor.GetAsync("/other");
            other.StatusCode.ShouldBe(HttpStatusCode.OK);

            // Its GOAWAY may be lost with the connection, where the visitor was sending still.
            (await closed).ShouldBeOneOf(EnhanceYourCalm, null);
            peak.ShouldBeLessThanOrEqualTo(MostStreams);
        }

        await Eventually.BecomesAsync(() => Task.FromResult(session.Connection.OpenStreams), 0);
        using HttpResponseMessage after = await scene.Ggrok.Visitor.GetAsync("/after");
        after.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    // The error of the GOAWAY; null when the connection ended without one.
    private static async Task<uint?> GoneAsync(Http2Socket visitor)
    {
        while (await visitor.NextAsync() is { } frame)
        {
            if (frame.Type == Http2Socket.GoAway)
            {
                return BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.AsSpan(4));
            }
        }

        return null;
    }
}
