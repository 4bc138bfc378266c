namespace Ggrok.Server.Edge;

/// <summary>A file as it was when it was read.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Written">When it was written; the beginning of time where that cannot be told.</param>
/// <param name="Length">Its size in bytes; 0 where that cannot be told.</param>
internal sealed record FileState(string Path, DateTime Written, long Length)
{
    /// <summary>Whether it is still the same.</summary>
    public bool IsAsItWas => Of(Path) == this;

    /// <summary>The file as it is now; links are followed.</summary>
    public static FileState Of(string path)
    {
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path);
            return new FileState(path, File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new FileState(path, DateTime.MinValue, 0);
        }
    }
}
