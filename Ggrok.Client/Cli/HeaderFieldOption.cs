using System.CommandLine;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary>The option with which somebody gives a header field.</summary>
internal static class HeaderFieldOption
{
    public static Option<string[]> Make(string description) =>
        new("--header", "-H") { HelpName = "FIELD", Description = description, AllowMultipleArgumentsPerToken = false };

    /// <summary>Name and value.</summary>
    /// <exception cref="UsageException">The text is no field.</exception>
    public static HeaderField Parse(string text) => text.Split(':', 2) is [var name, var value] && HeaderField.IsName(name)
        ? new HeaderField(name, value.Trim())
        : throw new UsageException($"{text.Quoted()} is no header field; write it like 'X-Mode: test'.");
}
