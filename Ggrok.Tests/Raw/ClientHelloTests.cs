using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Ggrok.Server.TlsPassthrough;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>The one part of TLS that the server reads.</summary>
public class ClientHelloTests
{
    [Theory]
    [InlineData("app.example.com")]
    [InlineData("App.Example.COM")]
    [InlineData("x")]
    [InlineData("xn--bcher-kva.example")]
    public void The_server_name_is_found_as_it_was_sent(string name)
    {
        ClientHello.Read(Hello.With(name), out string? found).ShouldBe(ClientHelloState.Complete);
        found.ShouldBe(name);
    }

    [Fact]
    public void A_hello_without_a_name_is_complete()
    {
        ClientHello.Read(Hello.With(null), out string? found).ShouldBe(ClientHelloState.Complete);
        found.ShouldBeNull();
        ClientHello.Read(Hello.WithoutExtensions(), out found).ShouldBe(ClientHelloState.Complete);
        found.ShouldBeNull();
    }

    [Theory]
    [InlineData(16_384)]
    [InlineData(100)]
    [InlineData(7)]
    [InlineData(1)]
    public void Every_beginning_is_incomplete_however_it_lies_in_records(int recordBytes)
    {
        byte[] whole = Hello.With("app.example.com", recordBytes: recordBytes);
        for (int length = 0; length < whole.Length; length++)
        {
            ClientHello.Read(whole.AsSpan(0, length), out string? early).ShouldBe(ClientHelloState.Incomplete, $"{length} bytes");
            early.ShouldBeNull();
        }

        ClientHello.Read(whole, out string? name).ShouldBe(ClientHelloState.Complete);
        name.ShouldBe("app.example.com");

        // What follows belongs to the service alone.
        ClientHello.Read([.. whole, 20, 3, 3, 0, 1, 1], out name).ShouldBe(ClientHelloState.Complete);
        name.ShouldBe("app.example.com");
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("\u0016\u0002")]
    [InlineData("\u0016\u0003\u0001\0\0")]
    [InlineData("\u0016\u0003\u0001\0\u0001\u0002")]
    [InlineData("\u0016\u0003\u0001\u007f\u00ff")]
    [InlineData("\u0016\u0003\u0001\0\u0004\u0001\0\0\0")]
    public void What_is_no_hello_is_refused_without_waiting_for_more(string text)
    {
        ClientHello.Read(Encoding.Latin1.GetBytes(text), out string? name).ShouldBe(ClientHelloState.Invalid);
        name.ShouldBeNull();
    }

    [Fact]
    public void A_hello_larger_than_the_limit_is_refused_as_soon_as_it_says_so()
    {
        byte[] largest = Hello.With("a.test", paddingBytes: 30_000);
        ClientHello.Read(largest, out string? name).ShouldBe(ClientHelloState.Complete);
        name.ShouldBe("a.test");

        ClientHello.Read(Hello.With("a.test", paddingBytes: 33_000).AsSpan(0, 9), out _).ShouldBe(ClientHelloState.Invalid);
        ClientHello.Read(Hello.With("a.test", paddingBytes: 33_000), out _).ShouldBe(ClientHelloState.Invalid);

        // Records of one byte: the message would fit, what carries it does not.
        ClientHello.Read(Hello.With("a.test", recordBytes: 1, paddingBytes: 6000), out _).ShouldBe(ClientHelloState.Invalid);
    }

    [Fact]
    public void Any_bytes_are_read_without_an_exception()
    {
        Prop.ForAll<byte[], int>((bytes, seed) =>
        {
            // Behind a plausible beginning, so that more than the first check is reached.
            ClientHello.Read(bytes, out _);
            ClientHello.Read([22, 3, 1, 0, (byte)Math.Max(1, Math.Min(bytes.Length + 4, 255)), 1, 0, 0, (byte)bytes.Length, .. bytes], out _);
            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Mutations_of_a_hello_are_read_without_an_exception()
    {
        byte[] whole = Hello.With("app.example.com", recordBytes: 60);
        for (int at = 0; at < whole.Length; at++)
        {
            foreach (byte value in (byte[])[0, 1, 127, 128, 255, (byte)(whole[at] + 1), (byte)(whole[at] - 1)])
            {
                byte[] mutated = [.. whole];
                mutated[at] = value;
                ClientHello.Read(mutated, out _);
            }
        }

        var random = new Random(5);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutated = whole[..random.Next(whole.Length + 1)];
            for (int n = random.Next(1, 5); n > 0 && mutated.Length > 0; n--)
            {
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            }

            ClientHello.Read(mutated, out _);
        }
    }
}

/// <summary>Makes ClientHello messages (RFC 8446 section 4.1.2).</summary>
internal static class Hello
{
    public static byte[] With(string? name, int recordBytes = 16_384, int paddingBytes = 0)
    {
        byte[] serverName = name is null ? [] : Extension(0, Sized(2, [0, .. Sized(2, Encoding.ASCII.GetBytes(name))]));
        byte[] versions = Extension(43, Sized(1, [3, 4]));
        byte[] padding = paddingBytes == 0 ? [] : Extension(21, new byte[paddingBytes]);
        return Records(Message(Sized(2, [.. versions, .. padding, .. serverName])), recordBytes);
    }

    public static byte[] WithoutExtensions() => Records(Message([]), 16_384);

    private static byte[] Message(byte[] extensions)
    {
        byte[] body = [3, 3, .. new byte[32], .. Sized(1, new byte[32]), .. Sized(2, [0x13, 0x01]), .. Sized(1, [0]), .. extensions];
        return [1, .. Sized(3, body)];
    }

    private static byte[] Extension(int type, byte[] value) => [(byte)(type >> 8), (byte)type, .. Sized(2, value)];

    private static byte[] Sized(int lengthBytes, byte[] value) =>
        [.. Enumerable.Range(0, lengthBytes).Select(i => (byte)(value.Length >> (8 * (lengthBytes - 1 - i)))), .. value];

    private static byte[] Records(byte[] message, int recordBytes) =>
        [.. message.Chunk(recordBytes).SelectMany(part => (byte[])[22, 3, 1, .. Sized(2, part)])];
}
