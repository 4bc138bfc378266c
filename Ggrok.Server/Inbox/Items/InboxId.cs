using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Ggrok.Server.Inbox.Items;

/// <summary>
/// Ids of stored requests: 26 characters of Crockford's base 32, 48 bits of milliseconds and 80 random bits, so that their order is
/// that of arrival. Each is larger than the one before, also within a millisecond and where the clock was set back.
/// </summary>
internal sealed class InboxId(TimeProvider time)
{
    /// <summary>Characters of an id.</summary>
    public const int Length = 26;

    private const string Digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private readonly Lock _gate = new();
    private UInt128 _last;

    /// <summary>A new id.</summary>
    public string Next()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random[6..]);
        random[..6].Clear();
        UInt128 now = ((UInt128)(ulong)time.GetUtcNow().ToUnixTimeMilliseconds() << 80) | BinaryPrimitives.ReadUInt128BigEndian(random);
        lock (_gate)
        {
            // A step that cannot be guessed, and that is small beside what fits into a millisecond.
            _last = now >> 80 > _last >> 80 ? now : _last + 1 + (now & uint.MaxValue);
            return Write(_last);
        }
    }

    /// <summary>Takes note of an id that there is already: those to come are larger.</summary>
    public void Skip(string id)
    {
        if (Read(id) is { } known)
        {
            lock (_gate)
            {
                _last = UInt128.Max(_last, known);
            }
        }
    }

    /// <summary>Whether a text is an id.</summary>
    public static bool Is(string text) => Read(text) is not null;

    private static UInt128? Read(string text)
    {
        if (text.Length != Length)
        {
            return null;
        }

        UInt128 value = 0;
        foreach (char c in text)
        {
            int digit = Digits.IndexOf(c, StringComparison.Ordinal);
            if (digit < 0 || value >> 123 != 0)
            {
                return null;
            }

            value = (value << 5) | (UInt128)digit;
        }

        return value;
    }

    private static string Write(UInt128 value) => string.Create(Length, value, static (text, v) =>
    {
        for (int i = text.Length - 1; i >= 0; i--)
        {
            text[i] = Digits[(int)(v & 31)];
            v >>= 5;
        }
    });
}
