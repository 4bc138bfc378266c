using Ggrok.Bench.App;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Scenarios;

/// <summary>A started peer with what a scenario needs to measure it.</summary>
/// <param name="Peer">What is measured.</param>
/// <param name="Entrance">Where visitors go.</param>
/// <param name="App">What is behind.</param>
/// <param name="Seconds">Length of a timed load.</param>
internal sealed record Subject(IPeer Peer, Entrance Entrance, LocalApp App, int Seconds);

/// <summary>One load and the rows that it fills.</summary>
internal interface IScenario
{
    /// <summary>Short name for <c>--only</c>.</summary>
    string Id { get; }

    IReadOnlyList<Metric> Metrics { get; }

    /// <summary>False for what needs no median, and is done before the runs.</summary>
    bool Repeats => true;

    bool AppliesTo(IPeer peer) => true;

    /// <summary>Measures once.</summary>
    /// <exception cref="InvalidOperationException">A request failed.</exception>
    Task MeasureAsync(Subject subject, Measurements into, CancellationToken stop);
}
