using System.Globalization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Bandwidth;

/// <summary>Bytes in a second.</summary>
/// <param name="Up">From visitors to the local service; null for any.</param>
/// <param name="Down">To visitors; null for any.</param>
public sealed record BandwidthOptions(long? Up, long? Down)
{
    /// <summary>Key of this policy.</summary>
    public const string Key = "bandwidth";

    private const string Advice = "write 1MB/s, or up 500kB/s down 2MB/s; bits as 8Mbit/s";
    private const long Least = 1000;
    private const long Most = 1_000_000_000_000;
    private const int BitsPerByte = 8;

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(Key, "RATE", "Bytes in a second, of all visitors together: 1MB/s for each direction, or up 500kB/s down 2MB/s.", v => Parse(v[^1])) { IsForRaw = true },
    ];

    /// <summary>Reads <c>1MB/s</c> or <c>up 500kB/s down 2MB/s</c>.</summary>
    /// <exception cref="FormatException">It is not valid; the message says what to write.</exception>
    public static BandwidthOptions Parse(string text)
    {
        var words = new PolicyWords(text, Advice);
        var options = new BandwidthOptions(null, null);
        while (options == new BandwidthOptions(null, null) || !words.IsAtEnd)
        {
            if (options.Up is null && words.TryTake("up"))
            {
                options = options with { Up = Rate(words) };
            }
            else if (options.Down is null && words.TryTake("down"))
            {
                options = options with { Down = Rate(words) };
            }
            else
            {
                long both = options is { Up: null, Down: null } ? Rate(words) : throw words.Problem($"\"{Printable.Clean(text)}\" says something twice");
                words.End();
                return new BandwidthOptions(both, both);
            }
        }

        return options;
    }

    // A size may stand apart from its unit.
    private static long Rate(PolicyWords words)
    {
        string text = words.Next();
        while (!text.EndsWith("/s", StringComparison.OrdinalIgnoreCase) && !words.IsAtEnd)
        {
            text += words.Next();
        }

        if (!text.EndsWith("/s", StringComparison.OrdinalIgnoreCase))
        {
            throw words.Problem($"\"{Printable.Clean(text)}\" is no rate");
        }

        string size = text[..^2];
        bool isBits = size.EndsWith("bit", StringComparison.OrdinalIgnoreCase);
        if (size.EndsWith('b') && !isBits)
        {
            throw words.Problem($"\"{Printable.Clean(text)}\" may mean bits or bytes; a capital B is bytes");
        }

        if (!ByteSizes.TryParse(isBits ? size[..^3] + "B" : size, out long amount))
        {
            throw words.Problem($"\"{Printable.Clean(text)}\" is no rate");
        }

        long bytes = isBits ? amount / BitsPerByte : amount;
        return bytes is >= Least and <= Most
            ? bytes
            : throw words.Problem(string.Create(CultureInfo.InvariantCulture, $"\"{Printable.Clean(text)}\" is not between {Least / 1000} kB/s and {Most / 1_000_000_000} GB/s"));
    }
}
