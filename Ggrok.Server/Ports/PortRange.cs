using System.Globalization;

namespace Ggrok.Server.Ports;

/// <summary>Ports that the operator offers for public tunnels.</summary>
public sealed class PortRange
{
    private readonly (int First, int Last)[] _parts;

    private PortRange((int First, int Last)[] parts)
    {
        _parts = parts;
    }

    /// <summary>No port is offered.</summary>
    public static PortRange None { get; } = new([]);

    /// <summary>Whether no port is offered.</summary>
    public bool IsEmpty => _parts.Length == 0;

    /// <summary>Any free port of the system is offered.</summary>
    public bool IsAny => _parts is [(0, 0)];

    /// <summary>Number of ports.</summary>
    public int Count => _parts.Sum(p => p.Last - p.First + 1);

    /// <summary>Reads <c>20000-20100</c>, <c>25565</c>, several of them with commas between, or <c>0</c> for any free port.</summary>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static PortRange Parse(string text)
    {
        var range = new PortRange([.. text.Split(',').Select(Part)]);
        return range.IsAny || !range.Contains(0) ? range : throw Invalid();
    }

    /// <summary>Whether the port is offered.</summary>
    public bool Contains(int port) => Array.Exists(_parts, p => port >= p.First && port <= p.Last);

    /// <summary>The port with a number from 0 to <see cref="Count"/> - 1.</summary>
    public int this[int index]
    {
        get
        {
            foreach ((int first, int last) in _parts)
            {
                if (index <= last - first)
                {
                    return first + index;
                }

                index -= last - first + 1;
            }

            throw new ArgumentOutOfRangeException(nameof(index));
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _parts.Select(p =>
        p.First == p.Last ? p.First.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{p.First}-{p.Last}")));

    private static (int First, int Last) Part(string text)
    {
        string[] ends = text.Trim().Split('-');
        int first = Port(ends[0]);
        int last = ends.Length == 1 ? first : Port(ends[1]);
        return ends.Length <= 2 && first <= last ? (first, last) : throw Invalid();
    }

    private static int Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= 65535 ? port : throw Invalid();

    private static FormatException Invalid() => new("write ports like 20000-20100 or 25565,20000-20010, or 0 for any free one");
}
