using FsCheck;
using FsCheck.Fluent;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Protocol;

public class FrameTests
{
    [Theory]
    [InlineData(FrameKind.Head, FrameFlags.None, 2u, "7b7d", "04000000000200000002" + "7b7d")]
    [InlineData(FrameKind.Data, FrameFlags.Blocked, 0x01020304u, "ff", "05010102030400000001" + "ff")]
    [InlineData(FrameKind.End, FrameFlags.None, 3u, "", "06000000000300000000")]
    [InlineData(FrameKind.Reset, FrameFlags.None, 2u, "0014", "08000000000200000002" + "0014")]
    [InlineData(FrameKind.Credit, FrameFlags.None, 2u, "00010000", "09000000000200000004" + "00010000")]
    [InlineData(FrameKind.Ping, FrameFlags.None, 0u, "0000000000000001", "0a000000000000000008" + "0000000000000001")]
    public void Frames_look_like_this_on_the_wire(FrameKind kind, FrameFlags flags, uint stream, string payload, string expected)
    {
        byte[] message = Frames.Of(kind, stream, Convert.FromHexString(payload), flags);

        Convert.ToHexStringLower(message).ShouldBe(expected);
    }

    [Fact]
    public void Any_frames_are_read_as_they_were_written()
    {
        Prop.ForAll<(byte Kind, uint Stream, byte[] Payload)[]>(frames =>
        {
            byte[] message = [.. frames.SelectMany(f => Frames.Of((FrameKind)f.Kind, f.Stream, f.Payload ?? []))];
            var reader = new FrameReader(message);
            foreach ((byte kind, uint stream, byte[] payload) in frames)
            {
                if (!reader.TryRead(out FrameHeader header, out ReadOnlySpan<byte> read)
                    || header.Kind != (FrameKind)kind || header.Stream != stream || !read.SequenceEqual(payload ?? []))
                {
                    return false;
                }
            }

            return !reader.TryRead(out _, out _);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_bytes_cut_anywhere_are_frames_or_a_named_violation()
    {
        Prop.ForAll<byte[], int>((bytes, cut) =>
        {
            byte[] message = [.. Frames.Of(FrameKind.Data, 2, bytes), .. bytes];
            message = message[..(Math.Abs(cut % (message.Length + 1)))];
            try
            {
                var reader = new FrameReader(message);
                while (reader.TryRead(out _, out _))
                {
                }

                return true;
            }
            catch (ProtocolViolationException e)
            {
                return e.Reason is CloseReason.FrameTruncated or CloseReason.FrameTooLarge;
            }
        }).QuickCheckThrowOnFailure();
    }
}
