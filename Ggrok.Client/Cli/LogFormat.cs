namespace Ggrok.Client.Cli;

/// <summary>What a running client writes on standard output.</summary>
internal enum LogFormat
{
    /// <summary>A picture that is drawn over and over; where that cannot be, <see cref="Text"/>.</summary>
    View,

    /// <summary>A line for each request.</summary>
    Text,

    /// <summary>A JSON object for each event.</summary>
    Json,
}
