using Ggrok.Client.Inspector.Http.Contracts;

namespace Ggrok.Client.Inspector.Compare;

/// <summary>
/// The shortest way from one text to another, line by line, after E. W. Myers, "An O(ND) Difference Algorithm and Its
/// Variations" (1986). Its time grows with the number of differences, so that is bounded: texts with more have nothing in
/// common that people would see, but for their beginning and end.
/// </summary>
internal sealed class LineDiff
{
    private const int MostDifferences = 1000;

    private readonly string[] _first;
    private readonly string[] _second;
    private readonly int[] _firstIds;
    private readonly int[] _secondIds;
    private readonly List<LineChange> _changes = [];

    private LineDiff(string[] first, string[] second)
    {
        _first = first;
        _second = second;
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        _firstIds = IdsOf(first, ids);
        _secondIds = IdsOf(second, ids);
    }

    /// <summary>The lines of both texts, each with its change.</summary>
    public static IReadOnlyList<LineChange> Of(string first, string second)
    {
        var diff = new LineDiff(LinesOf(first), LinesOf(second));
        diff.Compare();
        return diff._changes;
    }

    private static string[] LinesOf(string text) => text.Length == 0 ? [] : text.Split('\n');

    private static int[] IdsOf(string[] lines, Dictionary<string, int> ids) =>
        Array.ConvertAll(lines, line => ids.TryGetValue(line, out int id) ? id : ids[line] = ids.Count);

    private void Compare()
    {
        int head = _firstIds.AsSpan().CommonPrefixLength(_secondIds);
        int tail = 0;
        while (tail < Math.Min(_first.Length, _second.Length) - head && _firstIds[^(tail + 1)] == _secondIds[^(tail + 1)])
        {
            tail++;
        }

        int firstEnd = _first.Length - tail;
        int secondEnd = _second.Length - tail;
        Same(0, head);
        if (Trace(_firstIds.AsSpan(head..firstEnd), _secondIds.AsSpan(head..secondEnd)) is { } trace)
        {
            Walk(trace, head, firstEnd, secondEnd);
        }
        else
        {
            Add("removed", _first, head, firstEnd);
            Add("added", _second, head, secondEnd);
        }

        Same(firstEnd, _first.Length);
    }

    // How far each diagonal (line of the first minus line of the second) reaches with 0, 1, 2… differences; null when there
    // are too many. Diagonal k of step d is at index k + d.
    private static List<int[]>? Trace(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        var trace = new List<int[]>();
        for (int d = 0; d <= Math.Min(MostDifferences, first.Length + second.Length); d++)
        {
            int[] reached = new int[(2 * d) + 1];
            trace.Add(reached);
            for (int k = -d; k <= d; k += 2)
            {
                int x = d == 0 ? 0 : StartOf(trace[d - 1], d - 1, k, out _);
                int y = x - k;
                while (x < first.Length && y >= 0 && y < second.Length && first[x] == second[y])
                {
                    x++;
                    y++;
                }

                reached[k + d] = x;
                if (x >= first.Length && y >= second.Length)
                {
                    return trace;
                }
            }
        }

        return null;
    }

    // Where a step onto diagonal k ends: a line added from the diagonal above, or one removed from the one below.
    private static int StartOf(int[] before, int d, int k, out bool adds)
    {
        int above = k + 1 <= d ? before[k + 1 + d] : -1;
        int below = k - 1 >= -d ? before[k - 1 + d] : -2;
        adds = above > below;
        return adds ? above : below + 1;
    }

    private void Walk(List<int[]> trace, int offset, int firstEnd, int secondEnd)
    {
        var back = new List<LineChange>();
        int x = firstEnd - offset;
        int y = secondEnd - offset;
        for (int d = trace.Count - 1; d > 0; d--)
        {
            int start = StartOf(trace[d - 1], d - 1, x - y, out bool adds);
            for (; x > start; x--, y--)
            {
                back.Add(new LineChange("same", _first[offset + x - 1]));
            }

            back.Add(adds ? new LineChange("added", _second[offset + --y]) : new LineChange("removed", _first[offset + --x]));
        }

        for (; x > 0; x--)
        {
            back.Add(new LineChange("same", _first[offset + x - 1]));
        }

        back.Reverse();
        _changes.AddRange(back);
    }

    private void Same(int from, int to) => Add("same", _first, from, to);

    private void Add(string change, string[] lines, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            _changes.Add(new LineChange(change, lines[i]));
        }
    }
}
