using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Ggrok.Server.ClearTextHttp2;

/// <summary>What a connection begins with.</summary>
internal enum Greeting
{
    /// <summary>Something else than HTTP/2: HTTP/1.1, or nothing at all because the peer closed.</summary>
    Other,

    /// <summary>The HTTP/2 client preface.</summary>
    Http2,

    /// <summary>Nothing, or a part of the preface, until the time was over or the server stopped.</summary>
    Missing,
}

/// <summary>Looks at the first bytes of a connection and leaves them where they are.</summary>
internal static class Preface
{
    // RFC 9113 section 3.4.
    private static ReadOnlySpan<byte> Bytes => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Waits until the first bytes tell what is spoken here, for <paramref name="limit"/> at most.</summary>
    public static async ValueTask<Greeting> PeekAsync(ConnectionContext connection, TimeSpan limit, TimeProvider time)
    {
        PipeReader input = connection.Transport.Input;
        if (input.TryRead(out ReadResult ready) && Judge(input, ready) is { } atOnce)
        {
            return atOnce;
        }

        // A server that stops asks its connections to end; one that has not spoken yet has nothing to finish.
        CancellationToken stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        await using CancellationTokenRegistration stop = stopping.UnsafeRegister(GiveUp, input);
        await using ITimer timer = time.CreateTimer(GiveUp, input, limit, Timeout.InfiniteTimeSpan);
        while (true)
        {
            ReadResult read = await input.ReadAsync().ConfigureAwait(false);
            if (Judge(input, read) is { } greeting)
            {
                return greeting;
            }
        }
    }

    private static void GiveUp(object? input) => ((PipeReader)input!).CancelPendingRead();

    // Null when more bytes are needed. What was looked at counts as unseen for the next reader, unless it is to wait for more.
    private static Greeting? Judge(PipeReader input, ReadResult read)
    {
        Span<byte> first = stackalloc byte[24];
        int count = (int)Math.Min(read.Buffer.Length, first.Length);
        read.Buffer.Slice(0, count).CopyTo(first);
        bool isPreface = Bytes.StartsWith(first[..count]);
        Greeting? greeting = !isPreface ? Greeting.Other
            : count == Bytes.Length ? Greeting.Http2
            : read.IsCanceled ? Greeting.Missing
            : read.IsCompleted ? Greeting.Other
            : null;
        input.AdvanceTo(read.Buffer.Start, greeting is null ? read.Buffer.End : read.Buffer.Start);
        return greeting;
    }
}
