namespace Ggrok.Client.Cli;

/// <summary>What a command wants beside its tunnels.</summary>
internal sealed record RunChoices
{
    /// <summary>Where the traffic can be looked at; null for nowhere.</summary>
    public InspectorOptions? Inspector { get; init; }

    /// <summary>Start although nobody serves a private name to connect to yet.</summary>
    public bool WaitForNames { get; init; }

    /// <summary>Say behind which tunnels nothing listens yet.</summary>
    public bool CheckTargets { get; init; }

    /// <summary>Draw the public URLs as QR codes.</summary>
    public bool Qr { get; init; }
}
