using System.Buffers;
using BenchmarkDotNet.Attributes;
using Ggrok.Shared.Protocol;

namespace Ggrok.MicroBench.Codec;

/// <summary>The JSON envelopes of a browser's request and of its response, each written and read once for every exchange.</summary>
public class HeadCodec
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly RequestHead _request = Samples.Request();
    private readonly ResponseHead _response = Samples.Response();
    private byte[] _requestBytes = [];
    private byte[] _responseBytes = [];

    [GlobalSetup]
    public void Encode()
    {
        EncodeRequest();
        _requestBytes = _buffer.WrittenSpan.ToArray();
        EncodeResponse();
        _responseBytes = _buffer.WrittenSpan.ToArray();
    }

    [Benchmark]
    public int EncodeRequest()
    {
        _buffer.ResetWrittenCount();
        HeadWriter.Write(_buffer, _request);
        return _buffer.WrittenCount;
    }

    [Benchmark]
    public RequestHead DecodeRequest() => HeadReader.ReadRequest(_requestBytes);

    [Benchmark]
    public int EncodeResponse()
    {
        _buffer.ResetWrittenCount();
        HeadWriter.Write(_buffer, _response);
        return _buffer.WrittenCount;
    }

    [Benchmark]
    public ResponseHead DecodeResponse() => HeadReader.ReadResponse(_responseBytes);
}
