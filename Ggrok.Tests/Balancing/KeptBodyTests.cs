using System.Buffers;
using System.Text;
using Ggrok.Server.Hosting;
using Ggrok.Server.Relay;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Balancing;

/// <summary>For how long the body of a request is kept for another try.</summary>
public class KeptBodyTests
{
    [Fact]
    public async Task A_body_is_kept_until_there_is_a_response_and_not_as_long_as_that_lasts()
    {
        await using var pair = new TunnelPair();
        var kept = new KeptBody();
        var context = new DefaultHttpContext();
        context.Request.Method = "POST";
        context.Request.Body = new MemoryStream(Encoding.ASCII.GetBytes("hello"));
        context.Response.Body = new MemoryStream();
        MuxStream stream = pair.Server.OpenStream().ShouldNotBeNull();
        var head = new RequestHead { Method = "POST", Target = "/", Scheme = "http", Host = "localhost", HasBody = true };

        Task<RelayError> relay = new HttpRelay(new ServerOptions()).RelayAsync(
            context, VisitorConnection.Of(context, TrustedProxies.None), stream, head, new ExchangeRecord { Id = "1", Started = 0 }, kept).AsTask();
        MuxStream service = await pair.AcceptAsync();
        await service.ExpectAsync(FrameKind.Head);
        await service.TakeAsync(5);
        await service.ExpectAsync(FrameKind.End);
        (await HeadSender.WriteHeadAsync(service, new ResponseHead { Status = 103 })).ShouldBeTrue();
        (kept.IsComplete, kept.IsWhole, Encoding.ASCII.GetString(kept.Bytes.ToArray())).ShouldBe((true, true, "hello"));
        (await HeadSender.WriteHeadAsync(service, new ResponseHead { Status = 200 })).ShouldBeTrue();

        await Eventually.BecomesAsync(() => Task.FromResult((kept.IsComplete, kept.Bytes.IsEmpty)), (false, true));
        relay.IsCompleted.ShouldBeFalse();
        await service.WriteEndAsync();
        (await Within.Bound(relay, "the end of the response")).ShouldBe(RelayError.None);
        kept.Add(new ReadOnlySequence<byte>(new byte[1]), isEnd: false);
        kept.IsEmpty.ShouldBeTrue();
    }
}
