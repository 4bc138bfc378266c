namespace Ggrok.Client.Inspector;

/// <summary>Where and how much is recorded to disk.</summary>
/// <param name="Folder">Full path of the folder.</param>
public sealed record RecordOptions(string Folder)
{
    /// <summary>Size in bytes that all files together may have; the oldest go.</summary>
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>Write secrets as they are.</summary>
    public bool WithSecrets { get; init; }
}
