using Ggrok.Shared.Protocol;
using Microsoft.Extensions.Configuration;

namespace Ggrok.Server.Hosting;

/// <summary>Health check for containers that have neither a shell nor curl: <c>dotnet Ggrok.Server.dll --health</c>.</summary>
internal static class HealthProbe
{
    /// <summary>Asks the server on this machine; returns 0 when it is live, else 1.</summary>
    public static async Task<int> RunAsync()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            int port = new SettingsReader(configuration).Port();
            using HttpResponseMessage answer = await http.GetAsync($"http://127.0.0.1:{port}{ProtocolLimits.Path}/health/live").ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or SettingsException)
        {
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
            return 1;
        }
    }
}
