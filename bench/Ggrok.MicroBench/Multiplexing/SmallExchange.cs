using BenchmarkDotNet.Attributes;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.MicroBench.Multiplexing;

/// <summary>
/// Head and End one way, Head, 2 KiB and End the other, as a small request takes through a tunnel. One operation is one
/// exchange, alone or as one of 64 at once.
/// </summary>
public class SmallExchange
{
    private const int AtOnce = 64;

    private readonly byte[] _requestHead = new byte[700];
    private readonly byte[] _responseHead = new byte[400];
    private readonly byte[] _body = new byte[2048];
    private MuxPair _pair = null!;

    [GlobalSetup]
    public void Connect() => _pair = new MuxPair(stream => _ = ServeAsync(stream));

    [GlobalCleanup]
    public void Disconnect() => _pair.Dispose();

    [Benchmark]
    public Task<int> Alone() => ExchangeAsync();

    [Benchmark(OperationsPerInvoke = AtOnce)]
    public Task<int[]> Among64()
    {
        var exchanges = new Task<int>[AtOnce];
        for (int i = 0; i < AtOnce; i++)
        {
            exchanges[i] = ExchangeAsync();
        }

        return Task.WhenAll(exchanges);
    }

    private async Task<int> ExchangeAsync()
    {
        MuxStream stream = _pair.Server.OpenStream() ?? throw new InvalidOperationException("The tunnel takes no stream.");
        if (!stream.TryWriteTogether(_requestHead, default, end: true))
        {
            await stream.WriteAsync(FrameKind.Head, _requestHead).ConfigureAwait(false);
            await stream.WriteEndAsync().ConfigureAwait(false);
        }

        int read = await StreamReading.ToEndAsync(stream).ConfigureAwait(false);
        return read == _body.Length ? read : throw new InvalidOperationException($"{read} bytes came back.");
    }

    private async Task ServeAsync(MuxStream stream)
    {
        await StreamReading.ToEndAsync(stream).ConfigureAwait(false);
        if (!stream.TryWriteTogether(_responseHead, _body, end: true))
        {
            await stream.WriteAsync(FrameKind.Head, _responseHead).ConfigureAwait(false);
            await stream.WriteAsync(FrameKind.Data, _body).ConfigureAwait(false);
            await stream.WriteEndAsync().ConfigureAwait(false);
        }
    }
}
