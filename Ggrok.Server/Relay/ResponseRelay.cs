using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Ggrok.Server.Edge.Credentials;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Server.Relay;

/// <summary>Carries the client's response head, body and trailers to the visitor.</summary>
internal static class ResponseRelay
{
    // What Kestrel holds before the relay waits for the visitor to read.
    private const int FlushAt = 64 * 1024;

    /// <summary>Applies a final response head.</summary>
    /// <exception cref="ProtocolViolationException">
    /// A field cannot stand in a response: a control character, or a Content-Length that is no number or not the only one.
    /// </exception>
    public static void ApplyHead(HttpContext context, ResponseHead head, ExchangeRecord record)
    {
        HttpResponse response = context.Response;
        response.StatusCode = head.Status;
        if (head.Reason is not null)
        {
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = head.Reason;
        }

        IHeaderDictionary target = response.Headers;
        try
        {
            CopyFields(head.Headers, target);
        }
        catch (InvalidOperationException)
        {
            throw new ProtocolViolationException(CloseReason.FrameMalformed);
        }

        if (!AllowsContentLength(head.Status))
        {
            target.Remove("Content-Length");
        }

        if (!target.ContainsKey(VisitorHeaders.RequestId))
        {
            target[VisitorHeaders.RequestId] = record.Id;
        }

        record.Edge?.ApplyToResponse(response);
    }

    private static void CopyFields(List<HeaderField> fields, IHeaderDictionary target)
    {
        foreach (HeaderField field in fields)
        {
            if (!HopByHop.Is(field.Name) && !OwnCookies.IsSetBy(field))
            {
                target[field.Name] = target.TryGetValue(field.Name, out StringValues before)
                    ? StringValues.Concat(before, field.Value)
                    : field.Value;
            }
        }
    }

    /// <summary>Copies the body until the client's End. Returns how it failed, if it did.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<RelayError> CopyBodyAsync(HttpContext context, MuxStream stream, ExchangeRecord record)
    {
        HttpResponse response = context.Response;
        bool hasBody = AllowsBody(context.Request.Method, response.StatusCode);
        long? expected = hasBody ? response.ContentLength : null;
        PipeWriter output = response.BodyWriter;
        ChunkedWriter? chunks = hasBody ? ChunkedWriter.ForTrailers(context) : null;
        Pace? pace = record.Edge?.Pacing?.ToVisitor;
        int unflushed = 0;
        while (true)
        {
            if (!stream.TryRead(out InboundFrame frame))
            {
                if (unflushed == 0 && record.Edge is { IsBodyWrapped: true } && !response.HasStarted)
                {
                    await response.Body.FlushAsync().ConfigureAwait(false);
                }
                else if (!IsTrailersOnly(response) && await FlushAsync(output).ConfigureAwait(false) is var flushed and not RelayError.None)
                {
                    return flushed;
                }

                unflushed = 0;
                frame = await stream.ReadAsync().ConfigureAwait(false);
            }

            switch (frame.Kind)
            {
                case FrameKind.Data when hasBody:
                    record.ResponseBytes += frame.Payload.Length;
                    if (record.ResponseBytes > expected)
                    {
                        return RelayError.ResponseBodyLocal;
                    }

                    if (pace is not null && await PaceAsync(pace, output, stream, frame.Payload.Length).ConfigureAwait(false) is var paced and not RelayError.None)
                    {
                        return paced;
                    }

                    Write(output, chunks, frame.Payload.Span);
                    unflushed += frame.Payload.Length;
                    break;
                case FrameKind.Trailers:
                    AppendTrailers(response, chunks, HeadReader.ReadTrailers(frame.Payload.Span));
                    break;
                case FrameKind.End:
                    chunks?.WriteEnd(output);
                    bool isSent = unflushed == 0 && response.HasStarted && chunks is null;
                    return isSent && expected == record.ResponseBytes ? RelayError.None
                        : await EndAsync(output, expected - record.ResponseBytes, chunks is not null).ConfigureAwait(false);
                case FrameKind.Reset:
                    // Who has read as much as was announced may leave before the tunnel says that this was all.
                    bool hasAll = unflushed == 0 && response.HasStarted && expected == record.ResponseBytes;
                    return frame.Error == RelayError.VisitorGone && hasAll ? RelayError.None : frame.Error;
            }

            stream.Advance();
            if (unflushed >= FlushAt)
            {
                if (await FlushAsync(output).ConfigureAwait(false) is var flushed and not RelayError.None)
                {
                    return flushed;
                }

                unflushed = 0;
            }
        }
    }

    // What was written so far does not wait with what comes next.
    private static async ValueTask<RelayError> PaceAsync(Pace pace, PipeWriter output, MuxStream stream, int bytes)
    {
        ValueTask turn = pace.WaitAsync(bytes, stream);
        if (turn.IsCompleted)
        {
            return RelayError.None;
        }

        RelayError error = await FlushAsync(output).ConfigureAwait(false);
        await turn.ConfigureAwait(false);
        return error;
    }

    // A gRPC response whose head carries the status ends with it, and its visitors look for the end in the same HTTP/2 frame.
    private static bool IsTrailersOnly(HttpResponse response) => !response.HasStarted && response.Headers.ContainsKey("grpc-status");

    // Kestrel flushes what is left of a response that it chunks itself when the request ends, but not of any other.
    private static ValueTask<RelayError> EndAsync(PipeWriter output, long? missing, bool ownChunks) =>
        missing > 0 ? ValueTask.FromResult(RelayError.ResponseBodyLocal)
        : missing is null && !ownChunks ? ValueTask.FromResult(RelayError.None)
        : FlushAsync(output);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<RelayError> FlushAsync(PipeWriter output)
    {
        FlushResult result = await output.FlushAsync().ConfigureAwait(false);
        return result.IsCompleted || result.IsCanceled ? RelayError.VisitorGone : RelayError.None;
    }

    private static void Write(PipeWriter output, ChunkedWriter? chunks, ReadOnlySpan<byte> data)
    {
        if (chunks is null)
        {
            output.Write(data);
        }
        else
        {
            chunks.Write(output, data);
        }
    }

    // Without an announcement HTTP/1.1 trailers are left out, which RFC 9110 section 6.5.1 allows.
    private static void AppendTrailers(HttpResponse response, ChunkedWriter? chunks, List<HeaderField> trailers)
    {
        chunks?.Trailers.AddRange(trailers);
        if (!response.SupportsTrailers())
        {
            return;
        }

        try
        {
            foreach (HeaderField field in trailers)
            {
                response.AppendTrailer(field.Name, field.Value);
            }
        }
        catch (InvalidOperationException)
        {
            throw new ProtocolViolationException(CloseReason.FrameMalformed);
        }
    }

    // RFC 9110 sections 6.4.1, 15.3.5, 15.3.6 and 15.4.5.
    public static bool AllowsBody(string method, int status) =>
        !HttpMethods.IsHead(method) && status is not (>= 100 and < 200 or 204 or 205 or 304);

    // RFC 9110 section 8.6: none in 1xx and 204.
    private static bool AllowsContentLength(int status) => status is not (>= 100 and < 200 or 204);
}
