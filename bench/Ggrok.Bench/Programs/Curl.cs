using System.Globalization;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Programs;

/// <summary>One transfer on one connection by curl, in MB/s (10⁶ bytes).</summary>
internal static class Curl
{
    public static Task<double> DownloadAsync(Entrance entrance, CancellationToken stop) =>
        SpeedAsync(entrance, "%{http_code} %{speed_download}", ["-o", "/dev/null", entrance.Url + "/bulk"], stop);

    // An empty Expect: the hand-shake of 100-continue is not what is measured.
    public static Task<double> UploadAsync(Entrance entrance, string file, CancellationToken stop) =>
        SpeedAsync(entrance, "%{http_code} %{speed_upload}", ["-o", "/dev/null", "-H", "Expect:", "-T", file, entrance.Url + "/upload"], stop);

    private static async Task<double> SpeedAsync(Entrance entrance, string format, string[] arguments, CancellationToken stop)
    {
        string output = await Command.RunAsync(
            "curl", ["-q", "-sS", "--noproxy", "*", "--max-time", "300", "-H", "Host: " + entrance.Host, "-w", format, .. arguments], stop).ConfigureAwait(false);
        string[] answer = output.Split(' ');
        return answer[0] == "200"
            ? double.Parse(answer[1], CultureInfo.InvariantCulture) / 1e6
            : throw new InvalidOperationException($"{arguments[^1]} answered {answer[0]}.");
    }
}
