using System.Buffers;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Server.Visitors;

/// <summary>The id that ties together the log line, the local request, the inspector and the response.</summary>
internal static class CorrelationId
{
    private const int Longest = 128;
    private const string Digits = "0123456789abcdefghjkmnpqrstvwxyz";

    private static readonly SearchValues<char> Sane = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:/+=");

    // A random start keeps ids of different runs apart; the counter keeps those of one run apart, and costs nothing.
    private static long s_next = Random.Shared.NextInt64();

    /// <summary>The incoming id if it is short and harmless, else a new one.</summary>
    public static string Of(HttpRequest request)
    {
        StringValues incoming = request.Headers[VisitorHeaders.RequestId];
        return incoming is [{ Length: > 0 and <= Longest } id] && !id.AsSpan().ContainsAnyExcept(Sane) ? id : New();
    }

    /// <summary>A new id.</summary>
    public static string New() => string.Create(13, Interlocked.Increment(ref s_next), static (chars, value) =>
    {
        for (int i = chars.Length - 1; i >= 0; i--, value = (long)((ulong)value >> 5))
        {
            chars[i] = Digits[(int)(value & 31)];
        }
    });
}
