using System.Globalization;
using System.Text.Json;
using Ggrok.Client.Inspector.Http;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Client.Inspector.Har;

/// <summary>A part of a HAR and where it stands, so that a mistake in it can be found.</summary>
/// <param name="Value">The value; undefined when there is none.</param>
/// <param name="Path">Its place: <c>log.entries[3].request</c>.</param>
internal readonly record struct HarNode(JsonElement Value, string Path)
{
    // A year: longer than any exchange, and still a time.
    private const double LongestMs = 365 * 24 * 3600 * 1000.0;

    /// <summary>There is nothing.</summary>
    public bool IsMissing => Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    /// <summary>A member; missing when there is none.</summary>
    /// <exception cref="ApiException">This is no object.</exception>
    public HarNode this[string member] => IsMissing ? new HarNode(default, Member(member))
        : Value.ValueKind == JsonValueKind.Object ? new HarNode(Value.TryGetProperty(member, out JsonElement value) ? value : default, Member(member))
        : throw Wrong("must be an object");

    /// <summary>The elements; none when it is missing.</summary>
    /// <exception cref="ApiException">This is no array.</exception>
    public IEnumerable<HarNode> Elements()
    {
        if (IsMissing)
        {
            yield break;
        }

        if (Value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong("must be an array");
        }

        int index = 0;
        foreach (JsonElement element in Value.EnumerateArray())
        {
            yield return new HarNode(element, string.Create(CultureInfo.InvariantCulture, $"{Path}[{index++}]"));
        }
    }

    /// <summary>This, which must be there.</summary>
    /// <exception cref="ApiException">It is missing.</exception>
    public HarNode Required() => IsMissing ? throw Wrong("is missing") : this;

    /// <summary>The text; null when it is missing.</summary>
    /// <exception cref="ApiException">It is no text.</exception>
    public string? Text() => IsMissing ? null : Value.ValueKind == JsonValueKind.String ? Value.GetString() : throw Wrong("must be a string");

    /// <summary>The number; null when it is missing.</summary>
    /// <exception cref="ApiException">It is no number.</exception>
    public double? Number() => IsMissing ? null
        : Value.ValueKind == JsonValueKind.Number && Value.TryGetDouble(out double number) && double.IsFinite(number) ? number
        : throw Wrong("must be a number");

    /// <summary>A whole number from 0 on; 0 when it is missing.</summary>
    /// <exception cref="ApiException">It is no such number.</exception>
    public long Count() => Number() is { } number ? number is >= 0 and <= 1L << 50 ? (long)number : throw Wrong("must be a number from 0 on") : 0;

    /// <summary>A time in milliseconds; null when it is missing or, as <c>-1</c> says in a HAR, does not apply.</summary>
    /// <exception cref="ApiException">It is no number.</exception>
    public TimeSpan? Time() => Number() is { } ms and >= 0 ? new TimeSpan((long)Math.Round(Math.Min(ms, LongestMs) * TimeSpan.TicksPerMillisecond)) : null;

    /// <summary>A switch; off when it is missing.</summary>
    /// <exception cref="ApiException">It is neither true nor false.</exception>
    public bool Switch() => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False or JsonValueKind.Undefined or JsonValueKind.Null => false,
        _ => throw Wrong("must be true or false"),
    };

    /// <summary>The bytes of Base64; none when it is missing.</summary>
    /// <exception cref="ApiException">It is no Base64.</exception>
    public byte[] Base64()
    {
        try
        {
            return Convert.FromBase64String(Text() ?? "");
        }
        catch (FormatException)
        {
            throw Wrong("must be Base64");
        }
    }

    /// <summary>What is wrong with this.</summary>
    /// <param name="what">Continues the sentence that begins with the place.</param>
    public ApiException Wrong(string what) => new(StatusCodes.Status400BadRequest, $"The HAR cannot be imported: {Path} {what}.", "Nothing was added.");

    private string Member(string member) => Path.Length == 0 ? member : $"{Path}.{member}";
}
