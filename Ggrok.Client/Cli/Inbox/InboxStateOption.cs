using System.CommandLine;
using Ggrok.Client.Inbox;
using Ggrok.Client.Inbox.Contracts;

namespace Ggrok.Client.Cli.Inbox;

/// <summary>The option that chooses stored requests by their state.</summary>
internal static class InboxStateOption
{
    public static Option<string?> Make() =>
        TextOption.Make("--state", null, "STATE", "Only those that are waiting for delivery, or dead: all attempts failed. [default: all]");

    /// <summary>The state that was asked for.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static string Of(SettingSources sources, Option<string?> option) => sources.Option(option)?.As(State) ?? InboxChoice.All;

    private static string State(string text) => text.ToLowerInvariant() is (InboxItem.Waiting or InboxItem.Dead or InboxChoice.All) and var state
        ? state
        : throw new UsageException($"{text.Quoted()} is no state of a stored webhook; write waiting, dead or all.");
}
