using System.Runtime.CompilerServices;
using System.Text;

namespace Ggrok.Client.Inspector.Remote;

/// <summary>Reads server-sent events (the HTML standard, section 9.2) of the inspector, which sends one data line each.</summary>
internal static class ServerSentEvents
{
    /// <summary>Names and data, until the stream ends or breaks off.</summary>
    public static async IAsyncEnumerable<(string Name, string Data)> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken stop)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        string name = "message";
        string data = "";
        while (await LineAsync(reader, stop).ConfigureAwait(false) is { } line)
        {
            if (line.Length == 0)
            {
                yield return (name, data);
                (name, data) = ("message", "");
            }
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line["event: ".Length..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                data = line["data: ".Length..];
            }
        }
    }

    private static async Task<string?> LineAsync(StreamReader reader, CancellationToken stop)
    {
        try
        {
            return await reader.ReadLineAsync(stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return null;
        }
    }
}
