using Microsoft.Extensions.Logging.Console;

namespace Ggrok.Server.Hosting;

/// <summary>Log to the console, one line each, as text or JSON.</summary>
internal static class ServerLogging
{
    public static void Configure(WebApplicationBuilder builder, ServerOptions options)
    {
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);

        // Enabled, it makes an activity and a log scope for each request, which no line here would show.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        // What the configuration says of levels counts more than the above.
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));

        // A console that nobody reads must not stop the relay: lines that find the queue full are dropped and counted.
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
        if (options.LogJson)
        {
            builder.Logging.AddJsonConsole(json =>
            {
                json.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
                json.UseUtcTimestamp = true;
            });
        }
        else
        {
            builder.Logging.AddSimpleConsole(text =>
            {
                text.SingleLine = true;
                text.TimestampFormat = "HH:mm:ss.fff ";
                text.ColorBehavior = LoggerColorBehavior.Default;
            });
        }
    }
}
