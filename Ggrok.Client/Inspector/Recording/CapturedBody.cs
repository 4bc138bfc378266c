namespace Ggrok.Client.Inspector.Recording;

/// <summary>Until where the kept bytes of a body had arrived at a moment.</summary>
/// <param name="End">Index behind the last kept byte that was there.</param>
/// <param name="At">When, since the exchange began.</param>
internal readonly record struct ArrivalMark(int End, TimeSpan At);

/// <summary>What was kept of one direction of an exchange: a body, or the bytes behind an upgrade.</summary>
/// <param name="Bytes">The first bytes, as they travelled.</param>
/// <param name="Total">How many bytes there were, kept or not.</param>
/// <param name="Marks">When the kept bytes arrived, in order; few for what arrived at once.</param>
internal sealed record CapturedBody(ReadOnlyMemory<byte> Bytes, long Total, IReadOnlyList<ArrivalMark> Marks)
{
    /// <summary>No body.</summary>
    public static CapturedBody Empty { get; } = new(ReadOnlyMemory<byte>.Empty, 0, []);

    /// <summary>There was more than was kept.</summary>
    public bool IsTruncated => Total > Bytes.Length;

    /// <summary>When the byte at an index of <see cref="Bytes"/> had arrived, since the exchange began.</summary>
    public TimeSpan ArrivalOf(int index)
    {
        int low = 0;
        int high = Marks.Count - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Marks[middle].End > index)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return Marks.Count == 0 ? TimeSpan.Zero : Marks[low].At;
    }
}
