using System.Globalization;
using System.Threading.Channels;

namespace Ggrok.Client.Output;

/// <summary>
/// Writes lines from one task, so that a slow terminal never slows the relay: lines that do not fit in the queue are
/// dropped and counted.
/// </summary>
public sealed class LineWriter : IAsyncDisposable
{
    private const int QueuedLines = 2000;

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(
        new BoundedChannelOptions(QueuedLines) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly TextWriter _output;
    private readonly Func<long, string> _describeDropped;
    private readonly Task _writing;
    private long _dropped;

    /// <summary>Starts writing to <paramref name="output"/>.</summary>
    public LineWriter(TextWriter output, Func<long, string> describeDropped)
    {
        _output = output;
        _describeDropped = describeDropped;
        _writing = WriteAsync();
    }

    /// <summary>Lines that found the queue full.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Queues a line; returns at once.</summary>
    public void Write(string line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Writes what is queued and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        long told = 0;
        try
        {
            while (await _lines.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                while (_lines.Reader.TryRead(out string? line))
                {
                    await _output.WriteLineAsync(line).ConfigureAwait(false);
                }

                if (Dropped is var dropped && dropped > told)
                {
                    await _output.WriteLineAsync(_describeDropped(dropped - told)).ConfigureAwait(false);
                    told = dropped;
                }

                await _output.FlushAsync().ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // Nobody reads any more (a closed pipe); the tunnel goes on.
        }
    }

    internal static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
