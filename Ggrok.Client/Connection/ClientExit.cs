namespace Ggrok.Client.Connection;

/// <summary>Exit codes of <c>ggrok</c>; documented in <c>docs/cli.md</c>.</summary>
public enum ExitCode
{
    /// <summary>Stopped on request, everything drained.</summary>
    Ok = 0,

    /// <summary>A failure without a name of its own: a bug or a broken machine.</summary>
    Failed = 1,

    /// <summary>The command line or the configuration is wrong.</summary>
    Usage = 2,

    /// <summary>What answers at that address is not a Ggrok server.</summary>
    NotAGgrokServer = 3,

    /// <summary>The server wants a token, or refuses this one.</summary>
    TokenRefused = 4,

    /// <summary>The public name is held by somebody else.</summary>
    NameTaken = 5,

    /// <summary>Client and server do not speak a common protocol version.</summary>
    ProtocolTooOld = 6,

    /// <summary>Another <c>ggrok</c> of the same installation took over the name.</summary>
    Replaced = 7,

    /// <summary>The server refuses the registration for another lasting reason (name not allowed, too many tunnels).</summary>
    Refused = 8,

    /// <summary>Stopped on request, but exchanges were still running when the drain time was over.</summary>
    DrainTimeout = 9,

    /// <summary>Nobody serves the private name that shall be connected to.</summary>
    NameUnknown = 10,

    /// <summary>The connection to the private name failed.</summary>
    ConnectionFailed = 11,

    /// <summary>The operator of the server ended the session.</summary>
    EndedByOperator = 12,
}

/// <summary>How a client ended.</summary>
/// <param name="Code">The process's exit code.</param>
/// <param name="Message">One sentence that says what to do; null after an ordinary stop.</param>
public sealed record ClientExit(ExitCode Code, string? Message);
