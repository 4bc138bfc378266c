using System.Globalization;
using Ggrok.Client.Inspector.Http;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Client.Inspector.Har;

/// <summary>Numbers of exchanges: <c>12</c> or <c>12-40</c>.</summary>
/// <param name="First">The smallest.</param>
/// <param name="Last">The largest.</param>
internal readonly record struct NumberRange(long First, long Last)
{
    /// <summary>It was asked for by its number, and so should be there.</summary>
    public bool IsOne => First == Last;

    /// <summary>Reads one.</summary>
    /// <exception cref="ApiException">The text is none.</exception>
    public static NumberRange Parse(string text)
    {
        string[] ends = text.Split('-', 2);
        return TryNumber(ends[0], out long first) && TryNumber(ends[^1], out long last) && first <= last
            ? new NumberRange(first, last)
            : throw new ApiException(StatusCodes.Status400BadRequest, "numbers must be numbers of exchanges, separated by commas.", "A range of them is written 12-40.");
    }

    /// <summary>Whether it holds a number.</summary>
    public bool Has(long number) => number >= First && number <= Last;

    private static bool TryNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;
}
