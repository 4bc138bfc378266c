using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using Ggrok.Client.Inspector.Recording;
using Ggrok.MicroBench.Codec;
using Ggrok.Shared.Protocol;

namespace Ggrok.MicroBench.Inspector;

/// <summary>What the inspector adds to an exchange of the client: everything from the request's arrival to its place in the full ring.</summary>
public class Recording
{
    private readonly Recorder _recorder = new(new RecorderOptions(), TimeProvider.System);
    private readonly byte[] _body = new byte[2048];
    private byte[] _envelope = [];
    private byte[] _head = [];

    [GlobalSetup]
    public void Fill()
    {
        var envelope = new ArrayBufferWriter<byte>();
        HeadWriter.Write(envelope, Samples.Request());
        _envelope = envelope.WrittenSpan.ToArray();
        _head = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sat, 21 Nov 2026 14:08:50 GMT\r\nContent-Type: text/html\r\nContent-Length: 2048\r\n"
            + "Last-Modified: Sat, 21 Nov 2026 13:43:03 GMT\r\nConnection: keep-alive\r\nETag: \"6920-800\"\r\nAccept-Ranges: bytes\r\n\r\n");
        for (int i = 0; i < _recorder.Options.MaxExchanges; i++)
        {
            SmallExchange();
        }
    }

    [Benchmark]
    public void SmallExchange()
    {
        RecordingExchange exchange = _recorder.Begin(new ExchangeOrigin { Tunnel = "web", Started = TimeProvider.System.GetTimestamp() }, _envelope);
        exchange.RequestSent();
        exchange.Responding(_head, carriesMessages: false);
        exchange.ResponseData(_body);
        exchange.Complete(RelayError.None, 200);
    }
}
