using System.Globalization;
using Ggrok.Client.Inspector.Recording;

namespace Ggrok.Client.Inspector.Messages;

/// <summary>Collects the messages of one direction.</summary>
/// <param name="direction">The direction.</param>
/// <param name="body">What was kept of it.</param>
/// <param name="running">The exchange is not over: what is missing may still come.</param>
internal sealed class MessageLog(MessageDirection direction, CapturedBody body, bool running)
{
    private readonly List<ExchangeMessage> _messages = [];

    /// <summary>What may be shown.</summary>
    public MessageBudget Budget { get; } = new();

    /// <summary>The messages so far.</summary>
    public IReadOnlyList<ExchangeMessage> Messages => _messages;

    /// <summary>No more messages are taken.</summary>
    public bool IsFull => _messages.Count >= MessageBudget.MostMessages;

    /// <summary>There was more than is shown.</summary>
    public bool IsCut => body.IsTruncated || IsFull;

    /// <summary>Adds a message.</summary>
    /// <param name="last">Index of its last byte.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="size">Its size as it travelled.</param>
    /// <param name="payload">Its content.</param>
    /// <param name="notes">What else is known.</param>
    public void Add(int last, string kind, long size, ReadOnlyMemory<byte> payload, MessageNotes notes) =>
        Add(body.ArrivalOf(Math.Max(last, 0)), kind, size, payload, notes);

    /// <summary>The same, when the time is known.</summary>
    public void Add(TimeSpan at, string kind, long size, ReadOnlyMemory<byte> payload, MessageNotes notes)
    {
        ReadOnlyMemory<byte> shown = Budget.Show(payload, notes);
        _messages.Add(new ExchangeMessage(direction, at, kind, size, shown, notes.Text));
    }

    /// <summary>Adds the rest of the bytes, which are no messages.</summary>
    /// <param name="first">Index of the first.</param>
    /// <param name="why">What is wrong with them.</param>
    public void AddInvalid(int first, string why)
    {
        var notes = new MessageNotes();
        notes.Add(string.Create(CultureInfo.InvariantCulture, $"not valid: {why} (byte {first}); what follows is not read"));
        Add(first, "invalid", body.Total - first, body.Bytes[first..], notes);
    }

    /// <summary>Says why the end of a message is missing.</summary>
    /// <param name="have">How many of its bytes are there.</param>
    /// <param name="notes">Where to say it.</param>
    public void TellEnd(long have, MessageNotes notes) => notes.Add(
        body.IsTruncated ? string.Create(CultureInfo.InvariantCulture, $"cut off: only the first {have} bytes were kept")
        : running ? "incomplete: the rest has not arrived yet"
        : "incomplete: the stream ended within it");
}
