using System.Security.Cryptography;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>What was read from a stream can be put back, and a read that waits can be ended.</summary>
public class ReadAgainTests
{
    [Fact]
    public async Task A_read_that_waits_is_interrupted_and_loses_nothing()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        client.InterruptRead().ShouldBeFalse("nobody reads");

        Task<InboundFrame> reading = client.ReadAsync().AsTask();
        client.InterruptRead().ShouldBeTrue();
        (await reading).Kind.ShouldBe(default);
        await server.WriteAsync(FrameKind.Data, "body"u8.ToArray());

        (await client.ExpectAsync(FrameKind.Data)).ShouldBe("body"u8.ToArray());
    }

    [Fact]
    public async Task Frames_that_are_put_back_come_before_the_rest_and_give_no_credit_twice()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        byte[] body = RandomNumberGenerator.GetBytes(3 * ProtocolLimits.MaxWindowBytes);
        Task writing = WriteAsync(server, body);
        var taken = new List<InboundFrame>();
        while (taken.Sum(f => f.Payload.Length) < ProtocolLimits.MaxWindowBytes)
        {
            InboundFrame frame = await client.NextAsync();
            taken.Add(frame with { Payload = frame.Payload.ToArray() });
            client.Advance();
        }

        // Credit given twice would soon be more than any window, which ends the tunnel.
        client.ReadAgain(taken);

        (await client.ReadAllAsync()).ShouldBe(body);
        await writing;
        pair.ServerRun.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_reset_drops_what_was_put_back()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        client.ReadAgain([new InboundFrame(FrameKind.Data, "old"u8.ToArray(), RelayError.None)]);

        server.Reset(RelayError.VisitorGone);
        await Within.Bound(Task.Delay(Timeout.Infinite, client.Aborted).ContinueWith(_ => { }, TaskScheduler.Default), "the reset");

        (await client.ExpectResetAsync()).ShouldBe(RelayError.VisitorGone);
    }

    private static async Task WriteAsync(MuxStream stream, byte[] body)
    {
        (await stream.WriteAsync(FrameKind.Data, body)).ShouldBeTrue();
        (await stream.WriteEndAsync()).ShouldBeTrue();
    }
}
