using BenchmarkDotNet.Attributes;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.MicroBench.Multiplexing;

/// <summary>A download on one stream with its credit. One operation is one chunk of 16 KiB.</summary>
public class BulkData
{
    private const int Chunks = 512;

    private readonly byte[] _chunk = new byte[ProtocolLimits.MaxDataBytes];
    private MuxPair _pair = null!;
    private MuxStream _reader = null!;
    private MuxStream _writer = null!;

    // Within one process nobody would await an asynchronous setup.
    [GlobalSetup]
    public void Connect() => ConnectAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void Disconnect() => _pair.Dispose();

    [Benchmark(OperationsPerInvoke = Chunks)]
    public async Task<int> Download()
    {
        Task<int> read = StreamReading.DataAsync(_reader, Chunks * _chunk.Length);
        for (int i = 0; i < Chunks; i++)
        {
            if (!await _writer.WriteAsync(FrameKind.Data, _chunk).ConfigureAwait(false))
            {
                throw new InvalidOperationException($"The stream is over: {_writer.Error}.");
            }
        }

        return await read.ConfigureAwait(false);
    }

    private async Task ConnectAsync()
    {
        var opened = new TaskCompletionSource<MuxStream>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pair = new MuxPair(opened.SetResult);
        _reader = _pair.Server.OpenStream() ?? throw new InvalidOperationException("The tunnel takes no stream.");
        await _reader.WriteAsync(FrameKind.Head, "{}"u8.ToArray()).ConfigureAwait(false);
        _writer = await opened.Task.ConfigureAwait(false);
    }
}
