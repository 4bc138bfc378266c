using Npgsql;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>Whose trouble it is when the database does not store something (PostgreSQL's documentation, appendix A).</summary>
internal static class StoreTrouble
{
    /// <summary>It does not take one of the requests: data that it cannot have, a constraint, a limit of its own.</summary>
    public static bool IsOfRequest(Exception failure) => State(failure)?[..2] is "22" or "23" or "54";

    /// <summary>Somebody holds rows of one of the tunnels.</summary>
    public static bool IsOfTunnel(Exception failure) => State(failure) is PostgresErrorCodes.LockNotAvailable;

    /// <summary>The database cannot be reached, answers nothing, or does nothing for anybody.</summary>
    public static bool IsOfAll(Exception failure) => State(failure) is not { } state || state[..2] is "08" or "53" or "57";

    private static string? State(Exception failure) => (failure.InnerException as PostgresException)?.SqlState;
}
