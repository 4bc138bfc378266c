using System.Globalization;
using System.Runtime.InteropServices;

namespace Ggrok.Server.Inbox.Files;

/// <summary>
/// Makes durable which names a folder has. A file that was written and flushed can be gone after a loss of power as long as its
/// folder was not flushed, too.
/// </summary>
internal static class Folder
{
    private const int ReadOnly = 0;
    private const int Interrupted = 4;
    private const int NotPossible = 22;

    /// <summary>Flushes the folder to the disk. Windows keeps names itself, and has nothing like this.</summary>
    /// <exception cref="IOException">It cannot be done.</exception>
    public static void Flush(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = Retried(() => Open(path, ReadOnly));
        if (descriptor < 0)
        {
            throw Failure("open", path);
        }

        try
        {
            // Some file systems of networks and users know no such thing for folders, and say so.
            if (Retried(() => Fsync(descriptor)) != 0 && Marshal.GetLastPInvokeError() != NotPossible)
            {
                throw Failure("fsync", path);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static int Retried(Func<int> call)
    {
        int result;
        do
        {
            result = call();
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return result;
    }

    private static IOException Failure(string call, string path)
    {
        int code = Marshal.GetLastPInvokeError();
        return new IOException(string.Create(CultureInfo.InvariantCulture, $"{call} of the folder {path}: {Marshal.GetPInvokeErrorMessage(code)}"), code);
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
