namespace Ggrok.Shared.Edge.Compression;

/// <summary>Whether responses are compressed on their way to the visitor.</summary>
public static class CompressionOptions
{
    /// <summary>Key of the switch.</summary>
    public const string Key = "compress";

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(Key, "", "Compress text that the local service sends uncompressed, with Brotli or gzip.", _ => { }) { Form = PolicyForm.Switch },
    ];
}
