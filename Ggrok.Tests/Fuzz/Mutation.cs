namespace Ggrok.Tests.Fuzz;

/// <summary>Changes bytes as mistakes and attackers do: flips, cuts, copies, insertions, numbers at their limits.</summary>
internal sealed class Mutation(Random random, IReadOnlyList<byte[]> corpus)
{
    private static readonly byte[] Edges = [0x00, 0x01, 0x7f, 0x80, 0xff, (byte)'\r', (byte)'\n', (byte)' ', (byte)'"', (byte)':', (byte)'{', (byte)'['];

    /// <summary>A changed copy of one of the samples.</summary>
    public byte[] Next()
    {
        List<byte> bytes = [.. corpus[random.Next(corpus.Count)]];
        for (int changes = random.Next(1, 8); changes > 0; changes--)
        {
            Change(bytes);
        }

        return [.. bytes];
    }

    private void Change(List<byte> bytes)
    {
        int at = random.Next(bytes.Count + 1);
        switch (random.Next(7))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = Edges[random.Next(Edges.Length)];
                break;
            case 2:
                bytes.Insert(at, Edges[random.Next(Edges.Length)]);
                break;
            case 3:
                bytes.RemoveRange(at, Math.Min(random.Next(1, 16), bytes.Count - at));
                break;
            case 4:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 5 when bytes.Count < 64 * 1024:
                bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 64), bytes.Count - at)));
                break;
            default:
                byte[] other = corpus[random.Next(corpus.Count)];
                int from = random.Next(other.Length + 1);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(random.Next(1, 32), other.Length - from)).ToArray());
                break;
        }
    }
}
