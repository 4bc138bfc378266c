using Ggrok.Server.Hosting;
using Ggrok.Server.Relay;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Grpc;

/// <summary>Whose time it was that passed before a response: the visitor's own says nothing of the service.</summary>
public class GrpcLimitTests
{
    [Theory]
    [InlineData("application/grpc", "1S", true)]
    [InlineData("application/grpc", null, false)]
    [InlineData("application/json", "1S", false)]
    public async Task The_record_says_whether_the_visitor_set_the_time_that_passed(string type, string? timeout, bool isOwn)
    {
        await using var pair = new TunnelPair();
        var context = new DefaultHttpContext();
        context.Request.Method = "POST";
        context.Request.ContentType = type;
        context.Request.Headers["grpc-timeout"] = timeout;
        MuxStream stream = pair.Server.OpenStream().ShouldNotBeNull();
        var head = new RequestHead { Method = "POST", Target = "/", Scheme = "http", Host = "localhost" };
        var record = new ExchangeRecord { Id = "1", Started = 0 };

        Task<RelayError> relay = new HttpRelay(new ServerOptions { ResponseTimeout = TimeSpan.FromSeconds(6) }).RelayAsync(
            context, VisitorConnection.Of(context, TrustedProxies.None), stream, head, record).AsTask();
        await (await pair.AcceptAsync()).ExpectAsync(FrameKind.Head);
        pair.Tick(TimeSpan.FromSeconds(6));

        (await Within.Bound(relay, "the end of the time")).ShouldBe(RelayError.ResponseHeadTimeout);
        record.HasOwnLimit.ShouldBe(isOwn);
    }
}
