using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>One frame as a stream's reader sees it.</summary>
/// <param name="Kind">
/// <see cref="FrameKind.Head"/>, <see cref="FrameKind.Open"/>, <see cref="FrameKind.Data"/>, <see cref="FrameKind.Trailers"/>,
/// <see cref="FrameKind.End"/> (last of an orderly stream) or <see cref="FrameKind.Reset"/> (last of a failed one).
/// </param>
/// <param name="Payload">Valid until <see cref="MuxStream.Advance"/>.</param>
/// <param name="Error">With <see cref="FrameKind.Reset"/>: how the stream failed.</param>
public readonly record struct InboundFrame(FrameKind Kind, ReadOnlyMemory<byte> Payload, RelayError Error);
