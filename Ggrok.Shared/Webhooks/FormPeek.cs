using System.Text;

namespace Ggrok.Shared.Webhooks;

/// <summary>Reads forms (<c>application/x-www-form-urlencoded</c>, WHATWG URL standard section 5.1).</summary>
internal static class FormPeek
{
    /// <summary>The first value of a name, or null.</summary>
    public static string? Find(ReadOnlySpan<byte> form, string name)
    {
        foreach (Range range in form.Split((byte)'&'))
        {
            (string Name, string Value) field = Field(form[range]);
            if (field.Name == name)
            {
                return field.Value;
            }
        }

        return null;
    }

    /// <summary>All fields in order.</summary>
    public static List<(string Name, string Value)> Read(ReadOnlySpan<byte> form)
    {
        var fields = new List<(string, string)>();
        foreach (Range range in form.Split((byte)'&'))
        {
            if (!form[range].IsEmpty)
            {
                fields.Add(Field(form[range]));
            }
        }

        return fields;
    }

    private static (string Name, string Value) Field(ReadOnlySpan<byte> pair)
    {
        int equals = pair.IndexOf((byte)'=');
        return equals < 0 ? (Decode(pair), "") : (Decode(pair[..equals]), Decode(pair[(equals + 1)..]));
    }

    private static string Decode(ReadOnlySpan<byte> encoded)
    {
        if (encoded.IndexOfAny((byte)'%', (byte)'+') < 0)
        {
            return Encoding.UTF8.GetString(encoded);
        }

        byte[] bytes = new byte[encoded.Length];
        int length = 0;
        for (int i = 0; i < encoded.Length; i++)
        {
            byte b = encoded[i];
            if (b == '%' && i + 2 < encoded.Length && char.IsAsciiHexDigit((char)encoded[i + 1]) && char.IsAsciiHexDigit((char)encoded[i + 2]))
            {
                b = (byte)((HexValue(encoded[i + 1]) << 4) | HexValue(encoded[i + 2]));
                i += 2;
            }
            else if (b == '+')
            {
                b = (byte)' ';
            }

            bytes[length++] = b;
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
