using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local.Http1;

/// <summary>Reason phrases need to travel only where they are not the ones that every server uses.</summary>
internal static class ReasonPhrases
{
    /// <summary>Null for the usual phrase of a status, else the phrase; one that could break a message is dropped.</summary>
    public static string? Unusual(int status, ReadOnlySpan<byte> phrase)
    {
        ReadOnlySpan<byte> usual = status switch
        {
            200 => "OK"u8,
            201 => "Created"u8,
            204 => "No Content"u8,
            206 => "Partial Content"u8,
            301 => "Moved Permanently"u8,
            302 => "Found"u8,
            303 => "See Other"u8,
            304 => "Not Modified"u8,
            400 => "Bad Request"u8,
            401 => "Unauthorized"u8,
            403 => "Forbidden"u8,
            404 => "Not Found"u8,
            500 => "Internal Server Error"u8,
            503 => "Service Unavailable"u8,
            _ => default,
        };
        if (phrase.IsEmpty || phrase.SequenceEqual(usual))
        {
            return null;
        }

        string text = Encoding.Latin1.GetString(phrase);
        return HeaderField.IsValue(text) ? text : null;
    }
}
