using Ggrok.Bench.Programs;
using Ggrok.Bench.Publishing;

namespace Ggrok.Bench.Peers;

/// <summary>This project, published once for all peers that use it.</summary>
internal sealed class GgrokBuild(string root)
{
    private Publication? _published;

    /// <summary>The programs, as they are deployed.</summary>
    public Publication Published => _published ?? throw new InvalidOperationException("Not published yet.");

    public string Version { get; private set; } = "";

    /// <exception cref="InvalidOperationException">It could not be built.</exception>
    public async Task PublishAsync(string folder, CancellationToken stop)
    {
        if (_published is null)
        {
            _published = await Publication.CreateAsync(root, folder, stop).ConfigureAwait(false);
            string commit = await Versions.OfSourceAsync(root, stop).ConfigureAwait(false);
            Version = $"ggrok {commit} (client {(_published.ReadyToRun ? "" : "not ")}compiled ahead of time)";
        }
    }
}
