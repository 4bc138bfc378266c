using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using Ggrok.Client.Output;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Diagnosis;

/// <summary>How long it is to the server and back, by pings of the protocol or, without a session, small requests.</summary>
internal sealed class RoundTripCheck : ICheck
{
    private const int Count = 7;

    public CheckName Name => CheckName.RoundTrip;

    public string? Obstacle(Examination examination) => examination.Answer is { Health: "ok" } ? null : "no Ggrok server answered";

    public async Task<Finding> LookAsync(Examination examination, CancellationToken limit)
    {
        bool hasSession = examination.Welcome is not null;
        var taken = new List<double>();
        try
        {
            // The first one is not like the others: code is compiled, and the connection may be new.
            for (int i = -1; i < Count; i++)
            {
                long started = Stopwatch.GetTimestamp();
                await (hasSession ? PingAsync(examination.Socket!, (ulong)(i + 1), limit) : examination.Probe.AskAsync(limit)).ConfigureAwait(false);
                if (i >= 0)
                {
                    taken.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }
            }
        }
        catch (Exception e) when (e is IOException or ProtocolViolationException or HttpRequestException)
        {
            return Finding.Fail($"the connection was lost: {e.Message}", "Something on the way cuts connections off; look at the log of the server and of what is in front of it.");
        }

        taken.Sort();
        double median = taken[Count / 2];
        return Finding.Pass(string.Create(CultureInfo.InvariantCulture,
            $"median {LineWriter.Number(median)} ms, from {LineWriter.Number(taken[0])} to {LineWriter.Number(taken[^1])} ms, of {Count} {(hasSession ? "pings" : "requests")}")) with
        {
            Measured = new Dictionary<string, double> { ["medianMs"] = Math.Round(median, 3), ["minMs"] = Math.Round(taken[0], 3), ["maxMs"] = Math.Round(taken[^1], 3) },
        };
    }

    private static async Task PingAsync(ClientWebSocket socket, ulong value, CancellationToken limit)
    {
        var transport = new WebSocketTransport(socket);
        await using CancellationTokenRegistration abort = limit.UnsafeRegister(static s => ((ClientWebSocket)s!).Abort(), socket);
        try
        {
            byte[] ping = new byte[FrameHeader.Size + sizeof(ulong)];
            new FrameHeader(FrameKind.Ping, FrameFlags.None, 0, sizeof(ulong)).Write(ping);
            BinaryPrimitives.WriteUInt64BigEndian(ping.AsSpan(FrameHeader.Size), value);
            await transport.SendAsync(ping).ConfigureAwait(false);
            while (!HasPong(await HandshakeChannel.ReceiveAsync(transport).ConfigureAwait(false), value))
            {
            }
        }
        catch (IOException)
        {
            limit.ThrowIfCancellationRequested();
            throw;
        }
    }

    private static bool HasPong(byte[] message, ulong value)
    {
        var reader = new FrameReader(message);
        bool found = false;
        while (reader.TryRead(out FrameHeader header, out ReadOnlySpan<byte> payload))
        {
            found |= header.Kind == FrameKind.Pong && payload.Length == sizeof(ulong) && BinaryPrimitives.ReadUInt64BigEndian(payload) == value;
        }

        return found;
    }
}
