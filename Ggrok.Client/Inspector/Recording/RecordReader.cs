using System.Buffers.Binary;
using System.Text;
using Ggrok.Client.Local.Http1;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>Reads what <see cref="RecordWriter"/> wrote.</summary>
internal ref struct RecordReader
{
    private ReadOnlySpan<byte> _rest;

    private RecordReader(ReadOnlySpan<byte> record) => _rest = record;

    /// <summary>The exchange of a record.</summary>
    /// <param name="record">The record, or its summary.</param>
    /// <param name="withBodies">Whether the bytes of the bodies are wanted, or their sizes only, for which the summary suffices.</param>
    public static ExchangeSnapshot Read(ReadOnlySpan<byte> record, bool withBodies)
    {
        var reader = new RecordReader(record);
        long number = reader.Int64();
        var state = (ExchangeState)reader.Int32();
        string tunnel = reader.Text()!;
        var startedAt = new DateTimeOffset(reader.Int64(), TimeSpan.Zero);
        var source = (ExchangeSource)reader.Int32();
        long replayOf = reader.Int64();
        string? otherTarget = reader.Text();
        ExchangeTimings timings = reader.Timings();
        var error = (RelayError)reader.Int32();
        bool wasEdited = reader.Int32() != 0;
        string? rule = reader.Text();
        RequestHead request = HeadReader.ReadRequest(reader.Bytes());
        ResponseHead? response = ResponseOf(reader.Bytes());
        HeaderField[] trailers = reader.Trailers();
        CapturedBody requestBody = reader.Body(withBodies, out ReadOnlySpan<byte> requestBytes);
        return new ExchangeSnapshot
        {
            Number = number,
            State = state,
            Tunnel = tunnel,
            StartedAt = startedAt,
            Source = source,
            ReplayOf = replayOf == 0 ? null : replayOf,
            OtherTarget = otherTarget,
            Timings = timings,
            Error = error,
            WasEdited = wasEdited,
            Rule = rule,
            Request = request,
            Response = response,
            ResponseTrailers = trailers,
            RequestBody = requestBody,
            ResponseBody = withBodies ? reader.Body(withBytes: true, out _) : new CapturedBody(default, reader.Int64(), []),
            Webhook = WebhookRecognizer.Recognize(request.Headers, requestBytes),
        };
    }

    /// <summary>Number of the exchange that the one of a record repeats; 0 when it repeats none.</summary>
    public static long ReplayOf(ReadOnlySpan<byte> record)
    {
        var reader = new RecordReader(record);
        reader.Take(sizeof(long) + sizeof(int));
        reader.Take(Math.Max(reader.Int32(), 0));
        reader.Take(sizeof(long) + sizeof(int));
        return reader.Int64();
    }

    private long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    private int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    private TimeSpan? Time() => Int64() is var ticks && ticks >= 0 ? new TimeSpan(ticks) : null;

    private ReadOnlySpan<byte> Bytes() => Take(Int32());

    private string? Text() => Int32() is var length && length >= 0 ? Encoding.UTF8.GetString(Take(length)) : null;

    private ExchangeTimings Timings() => new()
    {
        AtServer = Time()!.Value,
        TunnelRoundTrip = Time()!.Value,
        Held = Time()!.Value,
        ConnectBegan = Time(),
        Connected = Time(),
        RequestSent = Time(),
        FirstByte = Time(),
        Ended = Time(),
    };

    private HeaderField[] Trailers()
    {
        var fields = new HeaderField[Int32()];
        for (int i = 0; i < fields.Length; i++)
        {
            fields[i] = new HeaderField(Text()!, Text()!);
        }

        return fields;
    }

    private CapturedBody Body(bool withBytes, out ReadOnlySpan<byte> bytes)
    {
        long total = Int64();
        var marks = new ArrivalMark[Int32()];
        for (int i = 0; i < marks.Length; i++)
        {
            marks[i] = new ArrivalMark(Int32(), new TimeSpan(Int64()));
        }

        bytes = Bytes();
        return withBytes ? new CapturedBody(bytes.ToArray(), total, marks) : new CapturedBody(default, total, []);
    }

    private static ResponseHead? ResponseOf(ReadOnlySpan<byte> head)
    {
        var response = new ResponseHead();
        try
        {
            return !head.IsEmpty && ResponseHeadParser.TryParse(head, response, out _, out _) ? response : null;
        }
        catch (LocalResponseException)
        {
            // HTTP/2 can carry what the text form cannot: so much of it as could be read.
            return response;
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
