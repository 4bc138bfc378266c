namespace Ggrok.Client.Cli;

/// <summary>The command line or the configuration is wrong; the message is one sentence that says what to do.</summary>
public sealed class UsageException(string message) : Exception(message);
