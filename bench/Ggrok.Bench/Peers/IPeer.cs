using Ggrok.Bench.App;
using Ggrok.Bench.Measuring;

namespace Ggrok.Bench.Peers;

/// <summary>A way from the visitor to the local app: one column of the table.</summary>
internal interface IPeer : IDisposable
{
    /// <summary>Short name for <c>--peers</c> and the JSON file.</summary>
    string Id { get; }

    /// <summary>Heading of its column.</summary>
    string Name { get; }

    /// <summary>The processes between visitor and app, those of the visitor's side first; empty before the start.</summary>
    IReadOnlyList<ProcessTree> Ends { get; }

    /// <summary>Name and version of the programs, for the report; known after <see cref="PrepareAsync"/>.</summary>
    string Version { get; }

    /// <summary>Builds it or installs it below <paramref name="folder"/>; returns what this machine lacks for it, or null.</summary>
    /// <exception cref="InvalidOperationException">It could not be built.</exception>
    Task<string?> PrepareAsync(string folder, CancellationToken stop);

    /// <summary>Starts it in front of the app and returns when a request gets through.</summary>
    /// <exception cref="InvalidOperationException">It did not start; the message has its last words.</exception>
    Task<Entrance> StartAsync(LocalApp app, string folder, CancellationToken stop);
}

/// <summary>A peer whose start on the developer's side can be timed.</summary>
internal interface IColdStart
{
    /// <summary>Starts one more client beside the running one, until it says that it is ready.</summary>
    Task<TimeSpan> StartOnceAsync(CancellationToken stop);
}
