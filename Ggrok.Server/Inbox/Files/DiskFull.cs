using System.Runtime.InteropServices;

namespace Ggrok.Server.Inbox.Files;

/// <summary>Whether a failure of the disk means that there is no room: what is removed makes room again.</summary>
internal static class DiskFull
{
    private const int NoSpace = 28;
    private const int FileTooLarge = 27;
    private const int QuotaOfLinux = 122;
    private const int QuotaOfApple = 69;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleFull = unchecked((int)0x80070027);

    // The platform takes a file that would be larger than it may be for an argument that is out of range.
    public static bool Is(Exception e) => e is ArgumentOutOfRangeException || (e is IOException && (RuntimeInformation.IsOSPlatform(OSPlatform.Windows)
        ? e.HResult is WindowsDiskFull or WindowsHandleFull
        : e.HResult is NoSpace or FileTooLarge || e.HResult == (OperatingSystem.IsMacOS() ? QuotaOfApple : QuotaOfLinux)));
}
