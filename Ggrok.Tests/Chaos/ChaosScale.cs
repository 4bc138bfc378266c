using System.Globalization;

namespace Ggrok.Tests.Chaos;

/// <summary>
/// How much of everything: a short form for every run of the tests, a long one for <c>GGROK_CHAOS=long</c>, and each number
/// by a variable of its own (docs/reliability.md).
/// </summary>
internal static class ChaosScale
{
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("GGROK_CHAOS") == "long";

    /// <summary>Requests of the scene with cuts.</summary>
    public static int Requests { get; } = (int)Number("GGROK_CHAOS_REQUESTS", 1_500, 100_000);

    /// <summary>Cuts of that scene, over all tenants.</summary>
    public static int Cuts { get; } = (int)Number("GGROK_CHAOS_CUTS", 12, 200);

    /// <summary>Visitors who come at once.</summary>
    public static int Visitors { get; } = (int)Number("GGROK_CHAOS_VISITORS", 12, 32);

    /// <summary>Size of the large download and of the large upload, in MiB.</summary>
    public static int TransferMiB { get; } = (int)Number("GGROK_CHAOS_MIB", 16, 1024);

    /// <summary>Speed of the link of the large transfers, in MiB per second.</summary>
    public static int MiBPerSecond { get; } = (int)Number("GGROK_CHAOS_RATE", 8, 32);

    /// <summary>Time between two cuts of the large transfers, in milliseconds.</summary>
    public static TimeSpan CutEvery { get; } = TimeSpan.FromMilliseconds(Number("GGROK_CHAOS_CUT_EVERY", 300, 2_000));

    /// <summary>Webhooks of the scene with the inbox.</summary>
    public static int Webhooks { get; } = (int)Number("GGROK_CHAOS_WEBHOOKS", 120, 10_000);

    /// <summary>Kills of the server in that scene.</summary>
    public static int Kills { get; } = (int)Number("GGROK_CHAOS_KILLS", 2, 50);

    /// <summary>Kills of either side in the scenes without an inbox.</summary>
    public static int PlainKills => IsLong ? 10 : 1;

    /// <summary>Bytes between two cuts of the scenes that cut at every place.</summary>
    public static int Step => IsLong ? 1 : 29;

    /// <summary>The same while a session is resumed.</summary>
    public static int ResumeStep => IsLong ? 3 : 61;

    /// <summary>How long a whole scene may take: a guard against hangs, never a measure.</summary>
    public static TimeSpan Patience { get; } = IsLong ? TimeSpan.FromMinutes(45) : TimeSpan.FromMinutes(2);

    private static long Number(string name, long inShort, long inLong) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
            : IsLong ? inLong : inShort;
}
