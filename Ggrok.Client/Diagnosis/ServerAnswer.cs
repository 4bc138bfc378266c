using System.Text;
using System.Text.Json;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Diagnosis;

/// <summary>What answered where the health of a Ggrok server is.</summary>
/// <param name="Status">Status of the response.</param>
/// <param name="Health">What a Ggrok server says of itself, such as <c>ok</c> and <c>draining</c>; null from another one.</param>
internal sealed record ServerAnswer(int Status, string? Health)
{
    private const int LongestBody = 4096;

    /// <summary>The program, as it calls itself (RFC 9110 section 10.2.4); null when it does not.</summary>
    public string? Program { get; private init; }

    /// <summary>Where it sends us (RFC 9110 section 10.2.2); null for nowhere.</summary>
    public Uri? Location { get; private init; }

    /// <summary>How far its clock is ahead of ours, as well as a clock of whole seconds tells; null when it sent no Date.</summary>
    public TimeSpan? ClockOffset { get; private init; }

    /// <summary>Reads a response.</summary>
    /// <param name="response">The response.</param>
    /// <param name="middle">Halfway between question and answer.</param>
    /// <param name="limit">Cancelled when it takes too long.</param>
    /// <exception cref="HttpRequestException">The response broke off.</exception>
    public static async Task<ServerAnswer> ReadAsync(HttpResponseMessage response, DateTimeOffset middle, CancellationToken limit)
    {
        byte[] body = new byte[LongestBody];
        int length;
        try
        {
            await using Stream stream = await response.Content.ReadAsStreamAsync(limit).ConfigureAwait(false);
            length = await stream.ReadAtLeastAsync(body, LongestBody, throwOnEndOfStream: false, limit).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new HttpRequestException("The response broke off.", e);
        }

        return new ServerAnswer((int)response.StatusCode, HealthIn(body.AsSpan(0, length)))
        {
            Program = response.Headers.Server.Count > 0 ? Printable.Clean(response.Headers.Server.ToString()) : null,
            Location = response.Headers.Location,
            ClockOffset = response.Headers.Date is { } date ? date + TimeSpan.FromSeconds(0.5) - middle : null,
        };
    }

    private static string? HealthIn(ReadOnlySpan<byte> body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(Encoding.UTF8.GetString(body));
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("status", out JsonElement status)
                && status.ValueKind == JsonValueKind.String ? status.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
