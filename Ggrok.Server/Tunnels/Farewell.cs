namespace Ggrok.Server.Tunnels;

/// <summary>How a client leaves its names.</summary>
/// <param name="AwayFor">How long they stay its own.</param>
/// <param name="IsExpected">It may come back: visitors wait for it if it wants that, and the names stay its own at least as long.</param>
/// <param name="IsForbidden">It may not have them any more: nobody's wish keeps them for longer.</param>
internal readonly record struct Farewell(TimeSpan AwayFor, bool IsExpected, bool IsForbidden);
