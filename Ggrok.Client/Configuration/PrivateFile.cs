using System.Runtime.InteropServices;

namespace Ggrok.Client.Configuration;

/// <summary>Files that hold secrets.</summary>
internal static class PrivateFile
{
    /// <summary>Creates or replaces a file that only its owner can read; on Windows the user's folder sees to that.</summary>
    public static FileStream Create(string path, FileMode mode = FileMode.Create, FileShare share = FileShare.None, int bufferSize = 4096)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = share, BufferSize = bufferSize };
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }
}
