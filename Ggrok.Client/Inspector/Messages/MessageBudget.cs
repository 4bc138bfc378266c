using System.Globalization;

namespace Ggrok.Client.Inspector.Messages;

/// <summary>What one direction of an exchange may take of memory and time, whatever a stranger sent.</summary>
internal sealed class MessageBudget
{
    /// <summary>Bytes that are shown of one message.</summary>
    public const int MostOfOne = 1024 * 1024;

    /// <summary>Bytes that are shown of all messages of a direction.</summary>
    public const int MostOfAll = 8 * 1024 * 1024;

    /// <summary>Bytes that are decompressed, shown or not.</summary>
    public const int MostDecompressed = 32 * 1024 * 1024;

    /// <summary>Messages of a direction.</summary>
    public const int MostMessages = 10_000;

    private int _left = MostOfAll;

    /// <summary>Bytes that may be shown of the next message.</summary>
    public int ForNext => Math.Min(MostOfOne, _left);

    /// <summary>As much of a payload as may be shown.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="notes">Is told when that is not all.</param>
    public ReadOnlyMemory<byte> Show(ReadOnlyMemory<byte> payload, MessageNotes notes)
    {
        int shown = Math.Min(payload.Length, ForNext);
        if (shown < payload.Length)
        {
            TellCut(shown, notes);
        }

        _left -= shown;
        return payload[..shown];
    }

    /// <summary>Says that not all of a message is shown.</summary>
    public static void TellCut(int shown, MessageNotes notes) =>
        notes.Add(string.Create(CultureInfo.InvariantCulture, $"cut off: only the first {shown} bytes are shown"));
}

/// <summary>Collects what is to be said of a message.</summary>
internal sealed class MessageNotes
{
    private readonly List<string> _notes = [];

    /// <summary>All of them, or null.</summary>
    public string? Text => _notes.Count == 0 ? null : string.Join("; ", _notes);

    /// <summary>Adds one.</summary>
    public void Add(string note) => _notes.Add(note);
}
