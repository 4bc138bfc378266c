using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Testing;

/// <summary>Messages in the order in which one end sent them, and waits for those that are still to come.</summary>
public sealed class MessageLog(bool record)
{
    private readonly Lock _gate = new();
    private readonly List<byte[]> _messages = [];
    private readonly List<(Func<SentFrame, bool> Matches, TaskCompletionSource<SentFrame> Signal)> _waits = [];

    /// <summary>Number of messages.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _messages.Count;
            }
        }
    }

    /// <summary>Every frame so far.</summary>
    public List<SentFrame> Frames()
    {
        lock (_gate)
        {
            return [.. _messages.SelectMany(FramesOf)];
        }
    }

    /// <summary>The first frame, sent before or to be sent, for which the condition holds.</summary>
    public Task<SentFrame> WhenAsync(Func<SentFrame, bool> matches, string what)
    {
        lock (_gate)
        {
            foreach (SentFrame frame in _messages.SelectMany(FramesOf))
            {
                if (matches(frame))
                {
                    return Task.FromResult(frame);
                }
            }

            var signal = new TaskCompletionSource<SentFrame>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waits.Add((matches, signal));
            return Within.Bound(signal.Task, what);
        }
    }

    internal void Add(byte[] message)
    {
        if (!record)
        {
            return;
        }

        lock (_gate)
        {
            _messages.Add(message);
            foreach (SentFrame frame in FramesOf(message, _messages.Count - 1))
            {
                _waits.RemoveAll(w => w.Matches(frame) && w.Signal.TrySetResult(frame));
            }
        }
    }

    private static List<SentFrame> FramesOf(byte[] message, int index)
    {
        var frames = new List<SentFrame>();
        var reader = new FrameReader(message);
        while (reader.TryRead(out FrameHeader header, out ReadOnlySpan<byte> payload))
        {
            frames.Add(new SentFrame(header, payload.ToArray(), index));
        }

        return frames;
    }
}

/// <summary>One frame of a recorded message.</summary>
public sealed record SentFrame(FrameHeader Header, byte[] Payload, int Message)
{
    public FrameKind Kind => Header.Kind;

    public uint Stream => Header.Stream;
}
