using System.Text;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>Every way to break the protocol closes the tunnel with its name, which the peer learns; nothing else does.</summary>
public class ViolationTests
{
    private const string Open = "04 00 00000002 00000002 7b7d ";

    public static TheoryData<string, CloseReason> Violations() => new()
    {
        { "04 00 00000002 00000005 7b7d", CloseReason.FrameTruncated },
        { "04 00 0000", CloseReason.FrameTruncated },
        { Open + "05", CloseReason.FrameTruncated },
        { "05 00 00000002 7fffffff", CloseReason.FrameTooLarge },
        { "05 00 00000002 ffffffff", CloseReason.FrameTooLarge },
        { "c8 00 00000000 0001000b", CloseReason.FrameTooLarge },
        { "05 00 00000000 00000001 00", CloseReason.WrongStream },
        { "04 00 00000000 00000002 7b7d", CloseReason.WrongStream },
        { "06 00 00000000 00000000", CloseReason.WrongStream },
        { "07 00 00000000 00000002 7b7d", CloseReason.WrongStream },
        { "08 00 00000000 00000002 0001", CloseReason.WrongStream },
        { "09 00 00000000 00000004 00000001", CloseReason.WrongStream },
        { "0a 00 00000002 00000008 0000000000000000", CloseReason.WrongStream },
        { "0b 00 00000002 00000008 0000000000000000", CloseReason.WrongStream },
        { "0c 00 00000002 00000002 7b7d", CloseReason.WrongStream },
        { "05 00 00000062 00000001 00", CloseReason.UnknownStream },
        { "05 00 00000063 00000001 00", CloseReason.UnknownStream },
        { "06 00 00000064 00000000", CloseReason.UnknownStream },
        { "07 00 00000064 00000002 7b7d", CloseReason.UnknownStream },
        { "08 00 00000064 00000002 0001", CloseReason.UnknownStream },
        { "09 00 00000064 00000004 00000001", CloseReason.UnknownStream },
        { "04 00 00000063 00000002 7b7d", CloseReason.UnknownStream },
        { "01 00 00000000 00000002 7b7d", CloseReason.FrameMalformed },
        { "02 00 00000000 00000002 7b7d", CloseReason.FrameMalformed },
        { "03 00 00000000 00000002 7b7d", CloseReason.FrameMalformed },
        { "0a 00 00000000 00000001 00", CloseReason.FrameMalformed },
        { "0b 00 00000000 00000009 000000000000000000", CloseReason.FrameMalformed },
        { "0c 00 00000000 00000002 7b7d", CloseReason.FrameMalformed },
        { "0c 00 00000000 00000004 6e756c6c", CloseReason.FrameMalformed },
        { "0c 00 00000000 00000000", CloseReason.FrameMalformed },
        { Open + "06 00 00000002 00000001 00", CloseReason.FrameMalformed },
        { Open + "08 00 00000002 00000001 00", CloseReason.FrameMalformed },
        { Open + "09 00 00000002 00000003 000001", CloseReason.FrameMalformed },
        { Open + "09 00 00000002 00000004 00000000", CloseReason.CreditInvalid },
        { Open + "09 00 00000002 00000004 ffffffff", CloseReason.CreditInvalid },
        { Open + "09 00 00000002 00000004 003c0001", CloseReason.CreditInvalid },
        { Open + "06 00 00000002 00000000 06 00 00000002 00000000", CloseReason.FrameAfterEnd },
        { Open + "06 00 00000002 00000000 05 00 00000002 00000000", CloseReason.FrameAfterEnd },
        { Open + "06 00 00000002 00000000 07 00 00000002 00000002 7b7d", CloseReason.FrameAfterEnd },
        { Open + "06 00 00000002 00000000 04 00 00000002 00000002 7b7d", CloseReason.FrameAfterEnd },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task A_violation_closes_the_connection_and_the_peer_learns_its_name(string hex, CloseReason expected)
    {
        await using var pair = new TunnelPair();

        pair.ServerTransport.Inject(Frames.FromHex(hex));

        (await pair.BothEndAsync()).ShouldBe([expected, expected]);
    }

    [Fact]
    public async Task The_credit_may_be_used_to_the_last_byte_and_no_further()
    {
        await using var peer = new LonePeer();
        await peer.OpenAsync();
        for (int i = 0; i < ProtocolLimits.InitialWindowBytes / ProtocolLimits.MaxDataBytes; i++)
        {
            peer.Send(Frames.Of(FrameKind.Data, 2, new byte[ProtocolLimits.MaxDataBytes]));
        }

        await peer.SettleAsync();
        peer.Send(Frames.Of(FrameKind.Data, 2, new byte[1]));

        (await peer.PeerSeesCloseAsync()).ShouldBe(CloseReason.CreditExceeded);
        (await peer.EndAsync()).ShouldBe(CloseReason.CreditExceeded);
    }

    [Fact]
    public async Task A_data_frame_beyond_one_chunk_is_too_large()
    {
        await using var peer = new LonePeer();
        await peer.OpenAsync();
        peer.Send(Frames.Of(FrameKind.Data, 2, new byte[ProtocolLimits.MaxDataBytes + 1]));

        (await peer.PeerSeesCloseAsync()).ShouldBe(CloseReason.FrameTooLarge);
    }

    [Fact]
    public async Task A_message_may_be_as_large_as_allowed_and_no_larger()
    {
        await using var peer = new LonePeer();
        peer.Send(Frames.Of(FrameKind.Head, 2, new byte[ProtocolLimits.MaxJsonBytes]));
        (await (await peer.Handler.AcceptAsync()).ExpectAsync(FrameKind.Head)).Length.ShouldBe(ProtocolLimits.MaxJsonBytes);

        peer.Send([.. Frames.Of(FrameKind.Head, 4, new byte[ProtocolLimits.MaxJsonBytes]), 0]);

        (await peer.PeerSeesCloseAsync()).ShouldBe(CloseReason.FrameTooLarge);
    }

    [Fact]
    public async Task Unknown_kinds_and_flags_are_skipped_and_kinds_counted()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();

        peer.Send(Frames.Of((FrameKind)200, 7, "??"u8));
        peer.Send(Frames.Of(0, 0));
        peer.Send(Frames.Of(FrameKind.Ack, 0, new byte[8]));
        peer.Send([]);
        peer.Send(Frames.Of(FrameKind.Data, 2, "known"u8, (FrameFlags)0xFE));

        (await stream.ExpectAsync(FrameKind.Data)).ShouldBe("known"u8.ToArray());
        peer.Connection.Statistics.UnknownFrames.ShouldBe(3);
    }

    [Fact]
    public async Task A_reason_in_GoAway_that_this_version_does_not_know_is_no_violation()
    {
        await using var peer = new LonePeer();

        peer.Send(Frames.Of(FrameKind.GoAway, 0, Encoding.UTF8.GetBytes("""{"reason":"Rebalanced","message":"Please move.","more":[1]}""")));

        GoAway goAway = await Within.Bound(peer.Handler.GoAway.Task, "GoAway");
        goAway.ShouldBe(new GoAway(CloseReason.Normal, "Please move."));
    }

    [Fact]
    public async Task Whatever_a_peer_sends_is_taken_or_named()
    {
        var random = new Random(20_26);
        for (int round = 0; round < 300; round++)
        {
            await using var peer = new LonePeer();
            for (int i = 0; i < 30; i++)
            {
                byte[] message = [.. Frames.Of((FrameKind)random.Next(15), (uint)random.Next(6), new byte[random.Next(12)])];
                if (random.Next(5) == 0)
                {
                    message[random.Next(message.Length)] = (byte)random.Next(256);
                }

                peer.Send(message);
            }

            await peer.Peer.CloseAsync(CloseReason.Normal);
            (await Within.Bound(peer.Run, $"the end of round {round}")).ShouldBeOneOf(
                CloseReason.Normal, CloseReason.FrameTruncated, CloseReason.FrameTooLarge, CloseReason.FrameMalformed, CloseReason.WrongStream,
                CloseReason.UnknownStream, CloseReason.CreditInvalid, CloseReason.FrameAfterEnd);
        }
    }
}
