using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Client.Inspector.Http.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Client.Inspector.Http;

/// <summary>A request to the API that cannot be done.</summary>
/// <param name="status">Status of the answer.</param>
/// <param name="title">What is wrong.</param>
/// <param name="detail">What to do.</param>
internal sealed class ApiException(int status, string title, string? detail = null) : Exception(title)
{
    public int Status { get; } = status;

    public string? Detail { get; } = detail;

    /// <summary>Nothing with this number is kept.</summary>
    public static ApiException NoExchange(string number) =>
        new(StatusCodes.Status404NotFound, $"There is no exchange {number}.", "It may have given way to newer ones; ggrok requests lists those that are kept.");
}

/// <summary>Writes answers of the API.</summary>
internal static class Answers
{
    /// <summary>Sends a value as JSON.</summary>
    public static Task JsonAsync<T>(this HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK, string contentType = "application/json; charset=utf-8")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    /// <summary>Says why it cannot be done (RFC 9457).</summary>
    public static Task ProblemAsync(this HttpContext context, int status, string title, string? detail = null) => context.JsonAsync(
        new ProblemBody(title, status, detail), InspectorJson.Relaxed.ProblemBody, status, "application/problem+json");

    /// <summary>Reads a request's JSON.</summary>
    /// <param name="context">The request.</param>
    /// <param name="type">What it is to be.</param>
    /// <param name="maxBytes">How large it may be, or null for the usual.</param>
    /// <exception cref="ApiException">It is no such JSON, or too large.</exception>
    public static async Task<T> ReadAsync<T>(this HttpContext context, JsonTypeInfo<T> type, long? maxBytes = null)
    {
        if (maxBytes is not null && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = maxBytes;
        }

        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted).ConfigureAwait(false)
                ?? throw new ApiException(StatusCodes.Status400BadRequest, "The body is null.", "Send a JSON object; /api/openapi.json describes it.");
        }
        catch (JsonException e)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, "The body cannot be read.", $"{e.Message} /api/openapi.json describes what it may be.");
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge(maxBytes ?? InspectorHost.LargestRequest);
        }
    }

    /// <summary>Reads a request's body as it is.</summary>
    /// <exception cref="ApiException">It is too large.</exception>
    public static async Task<byte[]> ReadBytesAsync(this HttpContext context)
    {
        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted).ConfigureAwait(false);
            return body.ToArray();
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge(InspectorHost.LargestRequest);
        }
    }

    /// <summary>A whole number of the query, within bounds.</summary>
    /// <exception cref="ApiException">It is no such number.</exception>
    public static long NumberOf(this HttpRequest request, string name, long otherwise, long least, long most)
    {
        string text = request.Query[name].ToString();
        return text.Length == 0 ? otherwise
            : long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long number) && number >= least && number <= most ? number
            : throw new ApiException(StatusCodes.Status400BadRequest, $"{name} must be a number from {least} to {most}.");
    }

    /// <summary>Whether a switch of the query is on.</summary>
    /// <exception cref="ApiException">It is neither true nor false.</exception>
    public static bool SwitchOf(this HttpRequest request, string name) => request.Query[name].ToString() switch
    {
        "" or "false" => false,
        "true" => true,
        _ => throw new ApiException(StatusCodes.Status400BadRequest, $"{name} must be true or false."),
    };

    private static ApiException TooLarge(long most) => new(StatusCodes.Status413PayloadTooLarge, "The body is too large.", $"It may have {Shared.Protocol.ByteSizes.Format(most)}.");
}
