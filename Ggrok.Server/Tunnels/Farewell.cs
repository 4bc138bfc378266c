namespace Ggrok.Server.Tunnels;

/// <summary>How a client leaves its names.</summary>
/// <param name="AwayFor">How long they stay its own.</param>
/// <param name="IsExpected">It may come back: visitors wait for it if it wants that, and the names stay its own at least as long.</param>
/// <param name="IsForbidden">Whether it may not have a route any more: then nobody's wish keeps it. Null for none.</param>
internal readonly record struct Farewell(TimeSpan AwayFor, bool IsExpected, Predicate<TunnelRoute>? IsForbidden);
