using System.Security.Cryptography;
using Ggrok.Client.Configuration;
using Ggrok.Client.Connection;
using Ggrok.Client.Diagnosis;

namespace Ggrok.Client.Cli;

/// <summary>The files that count and the settings that come of them.</summary>
/// <param name="read">Puts the settings together.</param>
internal sealed class ConfigurationCheck(Func<SessionSettings> read) : ICheck
{
    public CheckName Name => CheckName.Configuration;

    public string? Obstacle(Examination examination) => null;

    public Task<Finding> LookAsync(Examination examination, CancellationToken limit) => Task.FromResult(Look(examination));

    private Finding Look(Examination examination)
    {
        try
        {
            SessionSettings settings = read();
            var notices = new List<string>();
            TunnelClientOptions options = settings.Resolve(
                [], [TokenCheck.NobodysName()], notices.Add, () => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
            examination.Options = options with { Label = options.Label + " (doctor)" };
            string found = Describe(settings, options);
            return ProblemsOf(settings.Places) is [var problem, ..] ? Finding.Fail(problem)
                : notices.Count > 0 ? Finding.Warn(found, string.Join(' ', notices))
                : Finding.Pass(found);
        }
        catch (UsageException e)
        {
            return Finding.Fail(e.Message);
        }
    }

    private static IReadOnlyList<string> ProblemsOf(ConfigPlaces places) =>
        new ConfigCheck(places.User.Exists ? places.User.Load() : null, places.Project is { Exists: true } project ? project.Load() : null).Problems;

    private static string Describe(SessionSettings settings, TunnelClientOptions options)
    {
        string[] files = [.. new[] { settings.Places.Project, settings.Places.User }.OfType<ConfigFile>().Where(f => f.Exists).Select(f => f.Path)];
        string token = options.Token is null ? "no token" : $"token from {settings.TokenOrigin}";
        string file = files.Length == 0 ? "" : ", file " + string.Join(" and ", files);
        return $"{options.Server.GetLeftPart(UriPartial.Authority)} from {settings.Server!.Origin}, {token}{file}";
    }
}
