using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>
/// Writes the fields of a record one after another; <see cref="RecordReader"/> reads them in the same order. A record is
/// bytes and not objects, so that thousands of kept exchanges cost the garbage collector nothing.
/// </summary>
internal readonly struct RecordWriter(ArrayBufferWriter<byte> output)
{
    private void Number(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }

    private void Number(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }

    private void Time(TimeSpan? value) => Number(value?.Ticks ?? -1);

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Number(value.Length);
        output.Write(value);
    }

    private void Text(string? value)
    {
        Number(value is null ? -1 : Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value ?? "", output);
    }

    public void Begin(long number, ExchangeState state, in ExchangeOrigin origin, in ExchangeTimings timings)
    {
        Number(number);
        Number((int)state);
        Text(origin.Tunnel);
        Number(origin.StartedAt.UtcTicks);
        Number((int)origin.Source);
        Number(origin.ReplayOf ?? 0);
        Text(origin.OtherTarget);
        Timings(timings);
    }

    public void Outcome(RelayError error, bool wasEdited, string? rule)
    {
        Number((int)error);
        Number(wasEdited ? 1 : 0);
        Text(rule);
    }

    private void Timings(in ExchangeTimings timings)
    {
        Time(timings.AtServer);
        Time(timings.TunnelRoundTrip);
        Time(timings.Held);
        Time(timings.ConnectBegan);
        Time(timings.Connected);
        Time(timings.RequestSent);
        Time(timings.FirstByte);
        Time(timings.Ended);
    }

    public void Trailers(IReadOnlyList<HeaderField>? trailers)
    {
        Number(trailers?.Count ?? 0);
        foreach (HeaderField field in trailers ?? [])
        {
            Text(field.Name);
            Text(field.Value);
        }
    }

    /// <summary>Length of the summary when what comes next is the response's body: of that it has the size.</summary>
    public int SummaryLength => output.WrittenCount + sizeof(long);

    public void Body(in Capture capture)
    {
        Number(capture.Total);
        Number(capture.MarkCount);
        for (int i = 0; i < capture.MarkCount; i++)
        {
            ArrivalMark mark = capture.Mark(i);
            Number(mark.End);
            Number(mark.At.Ticks);
        }

        Bytes(capture.Kept);
    }

    /// <summary>A body's size and its first bytes, without their arrival: who lists many running exchanges must not copy megabytes.</summary>
    public void Beginning(in Capture capture, int most)
    {
        Number(capture.Total);
        Number(0);
        Bytes(capture.Kept[..Math.Min(capture.Kept.Length, most)]);
    }

    public void Body(CapturedBody body)
    {
        Number(body.Total);
        Number(body.Marks.Count);
        foreach (ArrivalMark mark in body.Marks)
        {
            Number(mark.End);
            Number(mark.At.Ticks);
        }

        Bytes(body.Bytes.Span);
    }
}
