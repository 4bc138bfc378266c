using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.ErrorPages;

namespace Ggrok.Server.Edge;

/// <summary>
/// Which policies hold for which tunnel. The server's own file is looked at every second or so; a new one counts for the next
/// request, and one that cannot be used leaves what there was.
/// </summary>
public sealed partial class PolicyBook
{
    private readonly EdgeCompiler _compiler;
    private readonly ServerOptions _options;
    private readonly ILogger<PolicyBook> _log;
    private PolicyGeneration _generation;
    private string? _text;
    private IReadOnlyList<(string Path, DateTime Written)> _files = [];
    private string? _problem;

    /// <exception cref="SettingsException">The server's policies are not valid.</exception>
    public PolicyBook(ServerOptions options, EdgeCompiler compiler, ILogger<PolicyBook> log)
    {
        _compiler = compiler;
        _options = options;
        _log = log;
        _text = ReadFile();
        try
        {
            _generation = Make(_text);
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

    /// <summary>What the server itself says about a tunnel, for those who look at its state.</summary>
    public IReadOnlyList<Shared.Protocol.PolicyDirective> ServersFor(RouteKey key) => Volatile.Read(ref _generation).DirectivesOf(key);

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
            string? text = ReadFile();
            if (text == _text && _files.All(f => File.GetLastWriteTimeUtc(f.Path) == f.Written))
            {
                _problem = null;
                return;
            }

            Volatile.Write(ref _generation, Make(text));
            _text = text;
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
    }

    private PolicyGeneration Make(string? text)
    {
        var sections = new List<PolicySection>();
        if (_options.Policies is { } inline)
        {
            sections.AddRange(new PolicyFile("GGROK_POLICIES", Environment.GetEnvironmentVariable).Read(inline));
        }

        if (text is not null)
        {
            var file = new PolicyFile(_options.PolicyFile!, Environment.GetEnvironmentVariable);
            IReadOnlyList<PolicySection> read = file.Read(text);
            _files = [.. file.Files.Select(f => (f, File.GetLastWriteTimeUtc(f)))];
            sections.AddRange(read);
        }

        var generation = new PolicyGeneration(sections, _compiler);
        generation.Check();
        return generation;
    }

    private string? ReadFile()
    {
        if (_options.PolicyFile is not { } path)
        {
            return null;
        }

        try
        {
            return Shared.Yaml.YamlText.Read(path);
        }
        catch (Shared.Yaml.YamlTextException e)
        {
            throw new SettingsException($"GGROK_POLICY_FILE: {e.Message}");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Policies read from {Path}")]
    private partial void LogLoaded(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The policy file changed, but cannot be used; the old policies go on. {Problem}")]
    private partial void LogKept(string problem);
}
