using Ggrok.Client.Inspector.Recording;

namespace Ggrok.Client.Inspector.Content;

/// <summary>How decoded content ends; the later ones are worse.</summary>
internal enum ContentEnd
{
    /// <summary>All of it is there.</summary>
    Whole,

    /// <summary>The sender has not sent its end, or not yet.</summary>
    Incomplete,

    /// <summary>Only the first bytes were kept or are shown.</summary>
    Cut,

    /// <summary>What follows is broken.</summary>
    Broken,

    /// <summary>An encoding could not be undone: the bytes are still encoded.</summary>
    Encoded,
}

/// <summary>A body without its content-encodings.</summary>
/// <param name="Body">The bytes, and when what they were made of had arrived. Its total is that of the decoded bytes, not of what travelled.</param>
/// <param name="Encodings">The encodings that were undone, in that order.</param>
/// <param name="End">How it ends.</param>
/// <param name="Note">What is missing and why, or null.</param>
internal sealed record DecodedContent(CapturedBody Body, IReadOnlyList<string> Encodings, ContentEnd End, string? Note)
{
    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => Body.Bytes;
}
