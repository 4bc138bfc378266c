using System.Text;
using Ggrok.Client.Inspector.Messages;

namespace Ggrok.Tests.Inspector;

/// <summary>Protocol Buffers without their schema.</summary>
public class ProtobufTextTests
{
    // The first ones are the examples of the encoding guide.
    [Theory]
    [InlineData("089601", "1: 150\n")]
    [InlineData("120774657374696e67", "2: \"testing\"\n")]
    [InlineData("1a03089601", "3 {\n  1: 150\n}\n")]
    [InlineData("3206038e029ea705", "6: 6 bytes 038e029ea705\n")]
    [InlineData("0a050a0341c3bc", "1 {\n  1: \"Aü\"\n}\n")]
    [InlineData("0a060a0441c3bc22" + "10ffffffffffffffffff01", "1 {\n  1: \"Aü\\\"\"\n}\n2: 18446744073709551615\n")]
    [InlineData("0d0000c03f" + "110000000000000440", "1: 0x3fc00000 (1.5)\n2: 0x4004000000000000 (2.5)\n")]
    [InlineData("0a00", "1: \"\"\n")]
    [InlineData("0a0461096210", "1: 4 bytes 61096210\n")]
    [InlineData("0a03610a62", "1: \"a\\nb\"\n")]
    [InlineData("", "")]
    [InlineData("00", null)]
    [InlineData("0b", null)]
    [InlineData("08", null)]
    [InlineData("08ffffffffffffffffffffff01", null)]
    [InlineData("0a05ff", null)]
    [InlineData("0d000000", null)]
    public void Fields_are_shown_by_their_numbers(string hex, string? expected) => ProtobufText.Format(Convert.FromHexString(hex)).ShouldBe(expected);

    [Fact]
    public void Deep_and_large_messages_are_bounded()
    {
        byte[] deep = [0x08, 1];
        while (deep.Length < 120)
        {
            deep = [0x0A, (byte)deep.Length, .. deep];
        }

        byte[] large = [.. Enumerable.Repeat((byte[])[0x08, 1], 500_000).SelectMany(f => f)];

        string shown = ProtobufText.Format(deep)!;
        shown.Count(c => c == '{').ShouldBe(shown.Count(c => c == '}'));
        shown.ShouldContain("bytes 0a");
        Encoding.UTF8.GetByteCount(ProtobufText.Format(large)!).ShouldBeLessThan(300 * 1024);
    }
}
