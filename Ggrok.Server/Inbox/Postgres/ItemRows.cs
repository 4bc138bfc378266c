using System.Globalization;
using Ggrok.Server.Inbox.Items;
using Npgsql;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>Items as rows, and which rows a query means.</summary>
internal static class ItemRows
{
    /// <summary>The columns that <see cref="Read"/> reads.</summary>
    public const string Columns =
        "id, tunnel, place, is_dead, attempts, next_attempt, last_failure, received, method, target, remote, provider, provider_id, sameness, body_bytes, stored_bytes, owner";

    /// <summary>The condition of a query.</summary>
    public const string Condition = """
        tunnel = ANY(@tunnels::text[]) AND (@dead::boolean IS NULL OR is_dead = @dead::boolean) AND (@id::text IS NULL OR id = @id::text)
        AND (@after::text IS NULL OR id COLLATE "C" > @after::text) AND (@before::timestamptz IS NULL OR received < @before::timestamptz)
        AND (@owners::text[] IS NULL OR owner = ANY(@owners::text[])) AND (@others::text[] IS NULL OR owner <> ALL(@others::text[]))
        """;

    public static InboxItem Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetString(0),
        Tunnel = row.GetString(1),
        Place = row.GetInt64(2).ToString("D20", CultureInfo.InvariantCulture),
        IsDead = row.GetBoolean(3),
        Attempts = row.GetInt32(4),
        NextAttempt = row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5),
        LastFailure = TextOf(row, 6),
        Received = row.GetFieldValue<DateTimeOffset>(7),
        Method = row.GetString(8),
        Target = row.GetString(9),
        Remote = TextOf(row, 10),
        Provider = TextOf(row, 11),
        ProviderId = TextOf(row, 12),
        Sameness = TextOf(row, 13),
        BodyBytes = row.GetInt64(14),
        StoredBytes = row.GetInt64(15),
        Owner = row.GetString(16),
    };

    /// <summary>The parameters of <see cref="Condition"/>.</summary>
    public static (string Name, object? Value)[] Parameters(InboxQuery query) =>
    [
        ("tunnels", query.Tunnels.ToArray()), ("dead", query.IsDead), ("id", query.Id), ("after", query.After), ("before", query.Before),
        ("owners", query.Owners?.ToArray()), ("others", query.OwnersBut?.ToArray()),
    ];

    private static string? TextOf(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
