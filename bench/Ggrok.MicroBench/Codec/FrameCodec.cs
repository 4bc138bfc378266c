using BenchmarkDotNet.Attributes;
using Ggrok.Shared.Protocol;

namespace Ggrok.MicroBench.Codec;

/// <summary>The ten bytes before every payload, and the walk over a message. One operation is one frame.</summary>
public class FrameCodec
{
    private const int Frames = 48;

    private readonly byte[] _message = new byte[ProtocolLimits.MaxMessageBytes];
    private int _length;

    [GlobalSetup]
    public void FillMessage()
    {
        // Small exchanges as they leave together: head, data, end.
        int[] payloads = [300, 2048, 0];
        FrameKind[] kinds = [FrameKind.Head, FrameKind.Data, FrameKind.End];
        for (int i = 0; i < Frames; i++)
        {
            int part = i % kinds.Length;
            new FrameHeader(kinds[part], FrameFlags.None, (uint)(2 + i), payloads[part]).Write(_message.AsSpan(_length));
            _length += FrameHeader.Size + payloads[part];
        }
    }

    [Benchmark]
    public byte Write()
    {
        new FrameHeader(FrameKind.Data, FrameFlags.None, 42, 16384).Write(_message);
        return _message[9];
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public int Read()
    {
        var reader = new FrameReader(_message.AsSpan(0, _length));
        int bytes = 0;
        while (reader.TryRead(out FrameHeader header, out ReadOnlySpan<byte> payload))
        {
            bytes += header.Length + payload.Length;
        }

        return bytes;
    }
}
