using System.Globalization;

namespace Ggrok.Bench.Measuring;

/// <summary>Bulk transfers in MB/s, by curl.</summary>
internal static class Curl
{
    public static double Download(string url) => Speed("%{http_code} %{speed_download}", "-o", "/dev/null", url);

    public static double Upload(string url, string file) => Speed("%{http_code} %{speed_upload}", "-o", "/dev/null", "-H", "Expect:", "-T", file, url);

    private static double Speed(string format, params string[] arguments)
    {
        string[] answer = Shell.Run("curl", ["-sS", "--noproxy", "*", "-w", format, .. arguments]).Split(' ');
        return answer[0].StartsWith('2')
            ? double.Parse(answer[1], CultureInfo.InvariantCulture) / 1e6
            : throw new InvalidOperationException($"{arguments[^1]} answered {answer[0]}.");
    }
}
