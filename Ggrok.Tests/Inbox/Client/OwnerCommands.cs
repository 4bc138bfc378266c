using Ggrok.Tests.Inspector;

namespace Ggrok.Tests.Inbox.Client;

/// <summary>Runs <c>ggrok inbox</c> as the installation whose tunnel has the inbox.</summary>
internal sealed class OwnerCommands : IDisposable
{
    private readonly InboxScene _scene;
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-owner").FullName;

    public OwnerCommands(InboxScene scene)
    {
        _scene = scene;
        File.WriteAllText(Path.Combine(_folder, "client-id"), scene.ClientId);
    }

    /// <summary>A folder for files.</summary>
    public string Files => Path.Combine(_folder, "files");

    /// <summary>Where the configuration of the installation is.</summary>
    public string Config => Path.Combine(_folder, "ggrok.yml");

    /// <summary>Runs a command without a terminal.</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) => RunAsync(null, arguments);

    /// <summary>Runs a command at a terminal where somebody answers.</summary>
    public Task<CommandResult> RunAsync(string? answers, string[] arguments) => CommandRun.RunAsync(
        ["inbox", .. arguments, "--server", _scene.Url.AbsoluteUri], answers, new Dictionary<string, string> { ["GGROK_CONFIG"] = Config });

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
