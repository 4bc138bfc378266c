using System.Globalization;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Grpc;

/// <summary>One call by <c>@grpc/grpc-js</c>, and how it ended.</summary>
/// <param name="Status">gRPC status code.</param>
/// <param name="Message">Its message.</param>
/// <param name="Error">What the relay named it, or nothing.</param>
internal sealed record GrpcCall(int Status, string Message, string Error)
{
    /// <summary>A unary call to its end.</summary>
    public static async Task<GrpcCall> UnaryAsync(Uri server, int? seconds = null)
    {
        await using RunningProgram call = Start(server, "unary", seconds);
        return await EndAsync(call);
    }

    /// <summary>A stream; its first message is announced by the line READY.</summary>
    public static RunningProgram Stream(Uri server) => Start(server, "stream", null);

    /// <summary>How a call ends.</summary>
    public static async Task<GrpcCall> EndAsync(RunningProgram call)
    {
        string[] status = (await call.LineAsync("STATUS ")).Split(' ', 3);
        return new GrpcCall(int.Parse(status[1], CultureInfo.InvariantCulture), status[2], (await call.LineAsync("ERROR "))["ERROR ".Length..]);
    }

    private static RunningProgram Start(Uri server, string kind, int? seconds) =>
        NodeProcess.Start("grpc/call.mjs", [server.GetLeftPart(UriPartial.Authority), kind, .. seconds is null ? (string[])[] : [seconds.Value.ToString(CultureInfo.InvariantCulture)]]);
}
