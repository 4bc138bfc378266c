using System.Globalization;

namespace Ggrok.Shared.Protocol;

/// <summary>Durations as people write them in settings: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>1h</c>, <c>7d</c>; a bare number is seconds.</summary>
public static class Durations
{
    /// <summary>Parses a duration that is not negative and at most 365 days.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        text = text.Trim();
        int digits = text.AsSpan().IndexOfAnyExcept("0123456789.");
        string unit = digits < 0 ? "s" : text[digits..].Trim();
        double seconds = unit switch
        {
            "ms" => 0.001,
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86400,
            _ => double.NaN,
        };
        string number = digits < 0 ? text : text[..digits];
        if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count)
            && count * seconds <= TimeSpan.FromDays(365).TotalSeconds)
        {
            value = TimeSpan.FromSeconds(count * seconds);
            return true;
        }

        value = default;
        return false;
    }
}
