using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Server.Dashboard.Http.Contracts;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Server.Dashboard.Http;

/// <summary>Reads requests of the API and writes its answers.</summary>
internal static class Answers
{
    private const long LargestRequest = 64 * 1024;

    /// <summary>Sends a value as JSON.</summary>
    public static Task JsonAsync<T>(this HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK, string contentType = "application/json; charset=utf-8")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    /// <summary>Says why it cannot be done (RFC 9457).</summary>
    public static Task ProblemAsync(this HttpContext context, int status, string title, string? detail = null) => context.JsonAsync(
        new ProblemBody(title, status, detail), DashboardJson.Relaxed.ProblemBody, status, "application/problem+json");

    /// <summary>It is done, and there is nothing to tell.</summary>
    public static Task DoneAsync(this HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>Reads a request's JSON.</summary>
    /// <exception cref="ApiException">It is no such JSON, or too large.</exception>
    public static async Task<T> ReadAsync<T>(this HttpContext context, JsonTypeInfo<T> type)
    {
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = LargestRequest;
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted).ConfigureAwait(false) ?? throw Unreadable("It is null.");
        }
        catch (JsonException e)
        {
            // The parser's words tell the place; what stands there may be a secret.
            throw Unreadable(string.Create(CultureInfo.InvariantCulture, $"Line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}, is not as it should be."));
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new ApiException(StatusCodes.Status413PayloadTooLarge, "The body is too large.", "It may have 64 KiB.");
        }
    }

    /// <summary>A whole number of the query, within bounds.</summary>
    /// <exception cref="ApiException">It is no such number.</exception>
    public static int? NumberOf(this HttpRequest request, string name, int least, int most)
    {
        string text = request.Query[name].ToString();
        return text.Length == 0 ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most ? number
            : throw new ApiException(StatusCodes.Status400BadRequest, string.Create(CultureInfo.InvariantCulture, $"{name} must be a whole number from {least} to {most}."));
    }

    private static ApiException Unreadable(string why) =>
        new(StatusCodes.Status400BadRequest, "The body cannot be read.", why + " openapi.json describes what it may be.");
}
