using System.Globalization;

namespace Ggrok.InboxBench;

/// <summary>What is measured.</summary>
internal sealed record BenchOptions
{
    public const string Usage = "Usage: Ggrok.InboxBench [--stores files,postgres] [--tunnels 1,16] [--senders 1,16,64,128] [--seconds 5] [--bytes 1024] [--runs 1]";

    public string[] Stores { get; init; } = ["files", "postgres"];

    public int[] Tunnels { get; init; } = [1, 16];

    public int[] Senders { get; init; } = [1, 16, 64, 128];

    /// <summary>Length of each load, behind one second in which nothing is counted.</summary>
    public int Seconds { get; init; } = 5;

    /// <summary>Size of a body.</summary>
    public int Bytes { get; init; } = 1024;

    /// <summary>Runs of each load, of which the median is shown.</summary>
    public int Runs { get; init; } = 1;

    /// <summary>Reads the command line; null when it cannot be read.</summary>
    public static BenchOptions? Parse(string[] args)
    {
        var options = new BenchOptions();
        try
        {
            for (int i = 0; i < args.Length; i += 2)
            {
                string[] values = args[i + 1].Split(',');
                int[] Numbers() => [.. values.Select(v => int.Parse(v, NumberStyles.None, CultureInfo.InvariantCulture))];
                options = args[i] switch
                {
                    "--stores" when values.All(v => v is "files" or "postgres") => options with { Stores = values },
                    "--tunnels" => options with { Tunnels = Numbers() },
                    "--senders" => options with { Senders = Numbers() },
                    "--seconds" => options with { Seconds = Numbers().Single() },
                    "--bytes" => options with { Bytes = Numbers().Single() },
                    "--runs" => options with { Runs = Numbers().Single() },
                    _ => throw new FormatException(),
                };
            }

            return options;
        }
        catch (Exception e) when (e is FormatException or OverflowException or IndexOutOfRangeException or InvalidOperationException)
        {
            return null;
        }
    }
}
