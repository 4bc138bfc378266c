using System.Globalization;
using System.IO.Compression;
using Ggrok.Client.Inspector.Content;

namespace Ggrok.Client.Inspector.Messages;

/// <summary>Decompresses the messages of one direction (permessage-deflate, RFC 7692 section 7.2.2).</summary>
/// <param name="keepsContext">A message may refer to the ones before (section 7.1.1).</param>
internal sealed class WebSocketInflater(bool keepsContext) : IDisposable
{
    private const int BufferBytes = 8 * 1024;

    // The end of each message's data, which senders leave out.
    private static readonly byte[] Tail = [0x00, 0x00, 0xFF, 0xFF];

    private readonly byte[] _buffer = new byte[BufferBytes];
    private StreamReading? _stream;
    private int _decompressed;
    private string? _lost;

    /// <summary>Decompresses a message; what cannot be read stays compressed.</summary>
    /// <param name="payload">Payloads of all its frames.</param>
    /// <param name="isWhole">Its end is there.</param>
    /// <param name="limit">Most bytes to yield.</param>
    /// <param name="notes">Is told what is missing.</param>
    public ReadOnlyMemory<byte> Inflate(ReadOnlyMemory<byte> payload, bool isWhole, int limit, MessageNotes notes)
    {
        if (_lost is not null)
        {
            notes.Add($"not decompressed: {_lost}");
            return payload;
        }

        _stream ??= new StreamReading(source => new DeflateStream(source, CompressionMode.Decompress));
        var output = new BoundedOutput(limit);
        try
        {
            Pump(payload, output);
            if (isWhole)
            {
                Pump(Tail, output);
            }

            notes.Add("compressed");
        }
        catch (InvalidDataException)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"not valid: the compressed data is broken behind the first {output.Length} bytes"));
            _lost = keepsContext ? "it may refer to a message that could not be" : null;
            Forget();
        }

        // Who ends the whole stream with a message (section 7.2.3.4) begins anew with the next.
        if (!keepsContext || _stream?.WantsMore == false)
        {
            Forget();
        }

        if (output.Overflowed)
        {
            MessageBudget.TellCut(output.Length, notes);
        }

        return output.Written;
    }

    /// <inheritdoc/>
    public void Dispose() => Forget();

    private void Pump(ReadOnlyMemory<byte> piece, BoundedOutput output)
    {
        _stream!.Put(piece);
        int count;

        // What is not shown must be read all the same if later messages can refer to it.
        while ((keepsContext || !output.Overflowed) && (count = _stream.Read(_buffer)) > 0)
        {
            output.Add(_buffer.AsSpan(0, count));
            _decompressed += count;
            if (_decompressed > MessageBudget.MostDecompressed)
            {
                _lost = string.Create(CultureInfo.InvariantCulture, $"more than {MessageBudget.MostDecompressed / (1024 * 1024)} MiB were");
                return;
            }
        }
    }

    private void Forget()
    {
        _stream?.Dispose();
        _stream = null;
    }
}
