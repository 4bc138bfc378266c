using System.Threading.Tasks.Sources;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>The sending half of one stream. Every field is guarded by the lock of the <see cref="Outbox"/>.</summary>
internal sealed class OutboundStream(uint id, bool opened) : IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _written = new() { RunContinuationsAsynchronously = true };

    public uint Id { get; } = id;

    /// <summary>The peer knows the stream: it opened it, or was sent the Head or Open.</summary>
    public bool Opened { get; set; } = opened;

    /// <summary>Bytes of Data that the peer still allows.</summary>
    public long Credit { get; set; } = ProtocolLimits.InitialWindowBytes;

    /// <summary>Nothing more may be written: ended, reset or the connection is gone.</summary>
    public bool Over { get; set; }

    /// <summary>End is in a batch, or was: the peer gets all that was written.</summary>
    public bool HasEnded { get; set; }

    /// <summary>A write waits for room, for its turn or for credit.</summary>
    public bool HasPending { get; set; }

    /// <summary>The pending write stands in the outbox's queue of ready streams.</summary>
    public bool IsReady { get; set; }

    /// <summary>Kind of the pending write.</summary>
    public FrameKind PendingKind { get; set; }

    /// <summary>What is left of the pending write.</summary>
    public ReadOnlyMemory<byte> PendingRest { get; set; }

    /// <summary>Credit to give to the peer with the next batch.</summary>
    public int CreditToGrant { get; set; }

    /// <summary>Reset to send with the next batch.</summary>
    public RelayError? ResetToSend { get; set; }

    /// <summary>The stream stands in the outbox's list of streams with control frames to send.</summary>
    public bool IsDirty { get; set; }

    /// <summary>Batch that <see cref="BytesInBatch"/> counts for.</summary>
    public long Batch { get; set; }

    /// <summary>Data bytes that went into <see cref="Batch"/> without waiting for a turn.</summary>
    public int BytesInBatch { get; set; }

    /// <summary>Whether the pending write could be placed now, room permitting.</summary>
    public bool CanProceed => HasPending && (PendingKind != FrameKind.Data || Credit > 0);

    public ValueTask<bool> BeginPending(FrameKind kind, ReadOnlyMemory<byte> rest)
    {
        _written.Reset();
        HasPending = true;
        PendingKind = kind;
        PendingRest = rest;
        return new ValueTask<bool>(this, _written.Version);
    }

    public void EndPending(bool written)
    {
        HasPending = false;
        PendingRest = default;
        _written.SetResult(written);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _written.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _written.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _written.OnCompleted(continuation, state, token, flags);
}
