using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Ggrok.Server.Relay;
using Ggrok.Shared.Edge.ErrorPages;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Visitors;

/// <summary>Answers that the server makes itself: a page for browsers, JSON for programs.</summary>
internal static class ErrorPage
{
    /// <summary>How pages of the server look.</summary>
    public const string Style = """
        :root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6777; --ground: #f5f6f8; --card: #fff; --line: #dde2e9; --mark: #0b7a75; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --soft: #9aa6b5; --ground: #11151b; --card: #1a2029; --line: #2c3542; --mark: #4fd1c5; } }
        body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
        main { max-width: 34rem; margin: 1rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px; }
        h1 { margin: 0 0 .5rem; font-size: 1.5rem; }
        .status { color: var(--mark); font-weight: 600; letter-spacing: .04em; }
        pre { padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; }
        small { color: var(--soft); }
        """;

    /// <summary>Writes the answer for a named error. The response must not have started.</summary>
    public static Task WriteAsync(HttpContext context, RelayError error, ExchangeRecord record)
    {
        RelayFailure failure = RelayFailure.Of(error);
        HttpResponse response = context.Response;
        response.Clear();
        response.StatusCode = failure.Status;
        response.Headers[VisitorHeaders.Error] = error.ToString();
        response.Headers[VisitorHeaders.RequestId] = record.Id;
        response.Headers.CacheControl = "no-store";
        response.Headers.Vary = "Accept";
        if (RelayFailure.RetryAfterSeconds(error) is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        string? command = error == RelayError.NoTunnel ? StartCommand(context.Request) : null;
        bool html = context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
        record.Edge?.ApplyToResponse(response);
        response.ContentType = html ? "text/html; charset=utf-8" : "application/json; charset=utf-8";
        byte[] body = record.PageOf(error, html) is { } own
            ? Encoding.UTF8.GetBytes(own.Fill(new PageFacts(failure.Status, error, failure.Title, record.Reason ?? failure.Advice, record.Id)))
            : html ? Html(failure, error, record, command) : Json(failure, error, record, command);
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body).AsTask();
    }

    private static string StartCommand(HttpRequest request)
    {
        // The visitor's Host goes into a command that people copy: only a plain name may stand there.
        string? host = Tunnels.HostNames.Normalize(request.Host.Value ?? "");
        string server = host is null || host.Contains('%') ? "SERVER" : request.Host.Value!.ToLowerInvariant();
        return $"ggrok --server {server} --port 3000";
    }

    private static byte[] Json(RelayFailure failure, RelayError error, ExchangeRecord record, string? command)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("error", error.ToString());
            json.WriteNumber("status", failure.Status);
            json.WriteString("title", failure.Title);
            json.WriteString("message", record.Reason ?? failure.Advice);
            if (command is not null)
            {
                json.WriteString("command", command);
            }

            json.WriteString("requestId", record.Id);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static byte[] Html(RelayFailure failure, RelayError error, ExchangeRecord record, string? command)
    {
        string commandBlock = command is null ? "" : $"<pre><code>{WebUtility.HtmlEncode(command)}</code></pre>";
        string reason = record.Reason is null ? "" : WebUtility.HtmlEncode(record.Reason) + "</p>\n<p>";
        string page = $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{failure.Status}} {{failure.Title}}</title>
            <style>
            {{Style}}
            </style>
            </head>
            <body>
            <main>
            <div class="status">{{failure.Status}}</div>
            <h1>{{failure.Title}}</h1>
            <p>{{reason}}{{failure.Advice}}</p>
            {{commandBlock}}
            <small>Ggrok · {{error}} · request {{WebUtility.HtmlEncode(record.Id)}}</small>
            </main>
            </body>
            </html>
            """;
        return Encoding.UTF8.GetBytes(page);
    }
}
