using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Output.View;

/// <summary>How the session with the server looks to people.</summary>
internal enum SessionLook
{
    /// <summary>A session is being opened.</summary>
    Connecting,

    /// <summary>Visitors reach the tunnels.</summary>
    Online,

    /// <summary>The session is lost and will be tried again.</summary>
    Lost,

    /// <summary>The connection is broken, and the session waits for another one.</summary>
    Interrupted,

    /// <summary>Running requests may finish, and nothing else.</summary>
    Stopping,
}

/// <summary>Everything that the view shows at a moment. Texts are as they came, not yet fit for a terminal.</summary>
internal sealed record ViewSnapshot
{
    public required string Version { get; init; }

    public required string Server { get; init; }

    public SessionLook Look { get; init; }

    /// <summary>Why the session is lost.</summary>
    public string? Reason { get; init; }

    /// <summary>When it is tried again, from now.</summary>
    public TimeSpan RetryIn { get; init; }

    /// <summary>Zero while it is not known.</summary>
    public TimeSpan RoundTrip { get; init; }

    /// <summary>Connections to the server that are open, of those that there shall be.</summary>
    public (int Open, int Wanted) Connections { get; init; } = (1, 1);

    public IReadOnlyList<PublicTunnel> Tunnels { get; init; } = [];

    /// <summary>Private names and where they are reachable.</summary>
    public IReadOnlyList<(string Name, string Address)> Listening { get; init; } = [];

    public string? Inspector { get; init; }

    /// <summary>The QR code of the URL, if it is wanted.</summary>
    public CodePicture? Code { get; init; }

    /// <summary>Newest last.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    public ViewFigures Figures { get; init; } = new();

    /// <summary>Newest first.</summary>
    public IReadOnlyList<ViewRow> Rows { get; init; } = [];

    public bool HasKeyboard { get; init; }
}

/// <summary>What was counted.</summary>
internal sealed record ViewFigures
{
    public long Requests { get; init; }

    /// <summary>Raw connections.</summary>
    public long Connections { get; init; }

    /// <summary>Failures and responses with 5xx.</summary>
    public long Errors { get; init; }

    public int Open { get; init; }

    /// <summary>Requests and connections that ended, over the last seconds.</summary>
    public double PerSecond { get; init; }

    /// <summary>Of the last minute; null without any.</summary>
    public double? P50Ms { get; init; }

    public double? P95Ms { get; init; }
}

/// <summary>One request or raw connection.</summary>
/// <param name="At">Local time at which it ended; of one that is running, at which it began.</param>
/// <param name="Tunnel">Name of the tunnel.</param>
/// <param name="Method">The method, or what a raw connection carried.</param>
/// <param name="Subject">The target, or who connected.</param>
/// <param name="Status">Status of the response; 0 without one.</param>
/// <param name="Error">How it failed.</param>
/// <param name="Duration">How long it took so far.</param>
/// <param name="Bytes">Size of the response, or of both directions of a connection.</param>
internal readonly record struct ViewRow(
    DateTimeOffset At, string Tunnel, string Method, string Subject, int Status, RelayError Error, TimeSpan Duration, long Bytes)
{
    public bool IsRaw { get; init; }

    public bool IsRunning { get; init; }

    /// <summary>It waits for somebody to release it.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Visitors that left are no failure of anybody.</summary>
    public bool HasFailed => Error is not (RelayError.None or RelayError.VisitorGone);
}

/// <summary>A QR code as it is drawn.</summary>
/// <param name="Lines">Its lines, with control sequences.</param>
/// <param name="Width">Cells of each.</param>
internal sealed record CodePicture(IReadOnlyList<string> Lines, int Width);
