namespace Ggrok.Shared.Edge;

/// <summary>How the value of a policy's key is written.</summary>
public enum PolicyForm
{
    /// <summary>A text, given once.</summary>
    Text,

    /// <summary>A text, given as often as wanted; a list in a file.</summary>
    Texts,

    /// <summary>On or off.</summary>
    Switch,

    /// <summary>The path of a file at the client or the server, whose contents are the value.</summary>
    File,

    /// <summary><c>KEY=PATH</c>, given as often as wanted; the value is the key, <c>=</c> and the contents of the file.</summary>
    KeyedFiles,
}

/// <summary>One key of a policy: an option of the client, a key of <c>ggrok.yml</c> and of the server's policy file.</summary>
/// <param name="Name">Its name, without dashes in front.</param>
/// <param name="ValueName">What the value is called in help: <c>CIDR</c>; empty for a switch.</param>
/// <param name="Meaning">One sentence for help and documentation.</param>
/// <param name="Check">
/// Reads all values of the key; throws <see cref="FormatException"/> with what to write instead. It stands alone: what a
/// policy needs beside it is checked where the policy is made.
/// </param>
public sealed record PolicyKey(string Name, string ValueName, string Meaning, Action<IReadOnlyList<string>> Check)
{
    /// <summary>How the value is written.</summary>
    public PolicyForm Form { get; init; } = PolicyForm.Text;

    /// <summary>Whether it also holds for tunnels of raw bytes: tcp, udp and tls.</summary>
    public bool IsForRaw { get; init; }

    /// <summary>Whether its values are secrets, which nothing may show or log.</summary>
    public bool IsSecret { get; init; }

    /// <summary>What the client sends in place of the value, so that a secret is not sent as it is written.</summary>
    public Func<string, string>? Seal { get; init; }

    /// <summary>What it means where it stands without a value, or with true; null where it needs one.</summary>
    public string? Implied { get; init; }

    /// <summary>Whether it may be given several times.</summary>
    public bool Repeats => Form is PolicyForm.Texts or PolicyForm.KeyedFiles;
}
