using Ggrok.Bench.Measuring;

namespace Ggrok.Bench.Peers;

/// <summary>A way from the visitor to the local app.</summary>
internal interface IPeer : IDisposable
{
    string Name { get; }

    /// <summary>What the peer needs and this machine lacks, or null.</summary>
    string? Missing { get; }

    /// <summary>The processes between visitor and app.</summary>
    ProcessGroup Processes { get; }

    /// <summary>Starts it in front of the app; returns the visitor's base URL.</summary>
    Task<string> StartAsync(int appPort, string folder);
}
