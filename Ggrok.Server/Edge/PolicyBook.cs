using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.ErrorPages;
using Ggrok.Shared.Yaml;

namespace Ggrok.Server.Edge;

/// <summary>
/// Which policies hold for which tunnel. The server's own file is looked at every second or so; a new one counts for the next
/// request, and one that cannot be used leaves what there was.
/// </summary>
public sealed partial class PolicyBook
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly EdgeCompiler _compiler;
    private readonly ServerOptions _options;
    private readonly ILogger<PolicyBook> _log;
    private PolicyGeneration _generation;

    // The policy file and the files that it names, as they were when they were read.
    private IReadOnlyList<FileState> _files = [];
    private string? _problem;
    private bool _fileHasPolicies;

    /// <exception cref="SettingsException">The server's policies are not valid.</exception>
    public PolicyBook(ServerOptions options, EdgeCompiler compiler, ILogger<PolicyBook> log)
    {
        _compiler = compiler;
        _options = options;
        _log = log;
        try
        {
            _generation = Make(before: null);
        }
        catch (FormatException e)
        {
            throw new SettingsException("The policies cannot be used:\n  " + e.Message);
        }
    }

    /// <summary>The policies of a tunnel; null when there are none.</summary>
    public EdgePipeline? PipelineOf(TunnelRoute route)
    {
        PolicyGeneration generation = Volatile.Read(ref _generation);
        BoundPipeline? bound = route.Edge.Bound;
        if (bound is null || bound.Generation != generation)
        {
            // Made twice when two requests come at once: both are made of the same policies.
            bound = new BoundPipeline(generation, EdgePipeline.Of(generation.Of(route.Key), route.Edge.Policies));
            route.Edge.Bound = bound;
        }

        return bound.Pipeline;
    }

    /// <summary>The server's error pages for all tunnels, which are also for requests to none; null when there are none.</summary>
    internal ErrorPagesOptions? PagesForAll => Volatile.Read(ref _generation).PagesForAll;

    /// <summary>Looks at the file and forgets tunnels that are no more. Reads the disk: not for threads of the relay.</summary>
    public void Refresh(TunnelRegistry registry)
    {
        Volatile.Read(ref _generation).Forget(key => registry.Find(key) is null);
        if (_options.PolicyFile is null)
        {
            return;
        }

        try
        {
            // What was written a moment ago may be written again in the same instant of the file system's clock.
            if (_files.All(f => f.IsAsItWas) && !_files.Any(f => f.Written > DateTime.UtcNow - Fresh))
            {
                _problem = null;
                return;
            }

            PolicyGeneration made = Make(_generation);
            if (made.IsLike(_generation))
            {
                return;
            }

            Volatile.Write(ref _generation, made);
            _problem = null;
            LogLoaded(_options.PolicyFile);
        }
        catch (Exception e) when (e is FormatException or SettingsException)
        {
            if (e.Message != _problem)
            {
                _problem = e.Message;
                LogKept(e.Message);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A watch that ends would end the server.
            LogUnexpected(e);
        }
    }

    private PolicyGeneration Make(PolicyGeneration? before)
    {
        var sections = new List<PolicySection>();
        if (_options.Policies is { } inline)
        {
            sections.AddRange(new PolicyFile("GGROK_POLICIES", Environment.GetEnvironmentVariable).Read(inline));
        }

        IReadOnlyList<PolicySection> ofFile = _options.PolicyFile is { } path ? SectionsOf(path) : [];
        sections.AddRange(ofFile);
        var generation = new PolicyGeneration(sections, _compiler);
        generation.Check();
        generation.TakeOver(before);
        _fileHasPolicies = ofFile.Count > 0;
        return generation;
    }

    private IReadOnlyList<PolicySection> SectionsOf(string path)
    {
        // Before they are read: what is written meanwhile makes another state.
        FileState own = FileState.Of(path);
        var file = new PolicyFile(path, Environment.GetEnvironmentVariable);
        try
        {
            return file.Read(TextOf(path));
        }
        finally
        {
            _files = [own, .. file.Files];
        }
    }

    private string TextOf(string path)
    {
        try
        {
            string text = YamlText.Read(path);

            // What many programs leave for a moment when they write: it must not open what the policies close.
            return _fileHasPolicies && string.IsNullOrWhiteSpace(text.TrimStart(YamlText.ByteOrderMark))
                ? throw new SettingsException($"GGROK_POLICY_FILE: {path} is empty; to have no policies any more, write a comment into it, such as # none")
                : text;
        }
        catch (YamlTextException e)
        {
            throw new SettingsException($"GGROK_POLICY_FILE: {e.Message}");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Policies read from {Path}")]
    private partial void LogLoaded(string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking at the policy file failed without a name")]
    private partial void LogUnexpected(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The policy file changed, but cannot be used; the old policies go on. {Problem}")]
    private partial void LogKept(string problem);
}
