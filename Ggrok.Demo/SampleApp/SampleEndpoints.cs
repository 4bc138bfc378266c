using System.Globalization;

namespace Ggrok.Demo.SampleApp;

/// <summary>
/// What the sample app answers. HEAD gets the fields of GET and no body, at once. Unless said otherwise a response has a
/// <c>Content-Length</c>.
/// <list type="table">
/// <item><term><c>/</c></term><description>The page (<c>app.css</c>, <c>app.js</c>): <see cref="Page"/>.</description></item>
/// <item><term><c>/clock</c></term><description>Server-sent events, one each second: <see cref="Streams.ClockAsync"/>.</description></item>
/// <item><term><c>/echo</c></term><description>WebSocket echo: <see cref="Streams.EchoAsync"/>.</description></item>
/// <item><term><c>/upload</c></term><description>Size and SHA-256 of any body: <see cref="Transfers.UploadAsync"/>.</description></item>
/// <item><term><c>/download</c></term><description>Any number of known bytes at any rate: <see cref="Transfers.DownloadAsync"/>.</description></item>
/// <item><term><c>/file</c></term><description>1 MiB with ranges and validators: <see cref="Transfers.FileAsync"/>.</description></item>
/// <item><term><c>/headers</c></term><description>The request as it arrived: <see cref="Answers.HeadersAsync"/>.</description></item>
/// <item><term><c>/status/CODE</c></term><description>That status, 200 to 599: <see cref="Answers.StatusAsync"/>.</description></item>
/// <item><term><c>/redirect</c></term><description>302, 301, 303, 307 or 308: <see cref="Answers.RedirectAsync"/>.</description></item>
/// <item><term><c>/cookies</c></term><description>Two <c>Set-Cookie</c> lines: <see cref="Answers.CookiesAsync"/>.</description></item>
/// <item><term><c>/gzip</c></term><description>A body that is compressed already: <see cref="Answers.GzipAsync"/>.</description></item>
/// <item><term><c>/trailers</c></term><description>A trailer after the body: <see cref="Answers.TrailersAsync"/>.</description></item>
/// <item><term><c>/slow</c></term><description>An answer after a while: <see cref="Answers.SlowAsync"/>.</description></item>
/// </list>
/// Anything else is 404. A parameter that is not valid is 400, with a sentence that says what to write.
/// </summary>
public static class SampleEndpoints
{
    private const string StatusPrefix = "/status/";

    /// <summary>Serves one request; a visitor who leaves ends it quietly.</summary>
    public static async Task ServeAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context, context.Request.Path.Value ?? "/").ConfigureAwait(false);
        }
        catch (BadParameterException e)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await TextAsync(context, e.Message + "\n").ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer.
        }
    }

    /// <summary>Answers with a text of known length.</summary>
    internal static Task TextAsync(HttpContext context, string text, string type = "text/plain; charset=utf-8")
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        context.Response.ContentType = type;
        return BytesAsync(context, bytes);
    }

    /// <summary>Answers with bytes of known length; HEAD gets the length alone.</summary>
    internal static async Task BytesAsync(HttpContext context, ReadOnlyMemory<byte> bytes)
    {
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>A whole number from the query.</summary>
    /// <exception cref="BadParameterException">It is not a number, or not within the bounds.</exception>
    internal static long Number(HttpContext context, string name, long fallback, long least, long most)
    {
        string? text = context.Request.Query[name];
        if (text is null)
        {
            return fallback;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most
            ? value
            : throw new BadParameterException($"{name} must be a whole number from {least} to {most}.");
    }

    private static Task RouteAsync(HttpContext context, string path) => path switch
    {
        "/" => Page.ServeAsync(context, "index.html", "text/html; charset=utf-8"),
        "/app.css" => Page.ServeAsync(context, "app.css", "text/css; charset=utf-8"),
        "/app.js" => Page.ServeAsync(context, "app.js", "text/javascript; charset=utf-8"),
        "/clock" => Streams.ClockAsync(context),
        "/echo" => Streams.EchoAsync(context),
        "/upload" => Transfers.UploadAsync(context),
        "/download" => Transfers.DownloadAsync(context),
        "/file" => Transfers.FileAsync(context),
        "/headers" => Answers.HeadersAsync(context),
        "/redirect" => Answers.RedirectAsync(context),
        "/cookies" => Answers.CookiesAsync(context),
        "/gzip" => Answers.GzipAsync(context),
        "/trailers" => Answers.TrailersAsync(context),
        "/slow" => Answers.SlowAsync(context),
        _ when path.StartsWith(StatusPrefix, StringComparison.Ordinal) => Answers.StatusAsync(context, path[StatusPrefix.Length..]),
        _ => NotFoundAsync(context),
    };

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return TextAsync(context, "The sample app has nothing here. Try /\n");
    }
}

/// <summary>A request parameter that cannot be used; the message says what can.</summary>
internal sealed class BadParameterException(string message) : Exception(message);
