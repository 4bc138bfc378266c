namespace Ggrok.Server.Inbox.Postgres;

/// <summary>
/// How much each tunnel's inbox holds, so that nobody has to read all items to know it. The database counts by itself, in the
/// transaction of whoever changes items: servers of a version that knew nothing of it, and people, too.
/// </summary>
internal static class Counts
{
    /// <summary>
    /// Makes the table, and counts: also what is there already, for a backup may have brought items and counts together, or one without the
    /// other. Nobody else changes items meanwhile (<see cref="Schema"/> holds their table).
    /// </summary>
    /// <remarks>
    /// Whoever changes items of several tunnels gets the rows in the order of their names, behind the items: no two wait for each other.
    /// A trigger for updates cannot name its columns when it wants to see the rows.
    /// </remarks>
    public const string Script = """
        CREATE TABLE IF NOT EXISTS ggrok_inbox_counts (
            tunnel text PRIMARY KEY, waiting bigint NOT NULL, dead bigint NOT NULL, bytes bigint NOT NULL
        ) WITH (fillfactor = 50);
        CREATE OR REPLACE FUNCTION ggrok_inbox_count() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                INSERT INTO ggrok_inbox_counts AS c
                SELECT tunnel, count(*) FILTER (WHERE NOT is_dead), count(*) FILTER (WHERE is_dead), sum(stored_bytes)
                FROM added GROUP BY tunnel ORDER BY tunnel
                ON CONFLICT (tunnel) DO UPDATE SET waiting = c.waiting + excluded.waiting, dead = c.dead + excluded.dead, bytes = c.bytes + excluded.bytes;
            ELSIF TG_OP = 'DELETE' THEN
                INSERT INTO ggrok_inbox_counts AS c
                SELECT tunnel, -count(*) FILTER (WHERE NOT is_dead), -count(*) FILTER (WHERE is_dead), -sum(stored_bytes)
                FROM removed GROUP BY tunnel ORDER BY tunnel
                ON CONFLICT (tunnel) DO UPDATE SET waiting = c.waiting + excluded.waiting, dead = c.dead + excluded.dead, bytes = c.bytes + excluded.bytes;
            ELSIF TG_OP = 'UPDATE' THEN
                INSERT INTO ggrok_inbox_counts AS c
                SELECT tunnel, sum(by * (NOT is_dead)::int), sum(by * is_dead::int), sum(by * stored_bytes)
                FROM (SELECT 1 AS by, tunnel, is_dead, stored_bytes FROM added UNION ALL SELECT -1, tunnel, is_dead, stored_bytes FROM removed) AS changed
                GROUP BY tunnel HAVING sum(by * is_dead::int) <> 0 OR sum(by * stored_bytes) <> 0 ORDER BY tunnel
                ON CONFLICT (tunnel) DO UPDATE SET waiting = c.waiting + excluded.waiting, dead = c.dead + excluded.dead, bytes = c.bytes + excluded.bytes;
            ELSE
                DELETE FROM ggrok_inbox_counts;
            END IF;
            RETURN NULL;
        END
        $function$;
        DO $block$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'ggrok_inbox_items'::regclass AND tgname = 'ggrok_inbox_added') THEN
                CREATE TRIGGER ggrok_inbox_added AFTER INSERT ON ggrok_inbox_items
                    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE PROCEDURE ggrok_inbox_count();
                CREATE TRIGGER ggrok_inbox_removed AFTER DELETE ON ggrok_inbox_items
                    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE PROCEDURE ggrok_inbox_count();
                CREATE TRIGGER ggrok_inbox_changed AFTER UPDATE ON ggrok_inbox_items
                    REFERENCING NEW TABLE AS added OLD TABLE AS removed FOR EACH STATEMENT EXECUTE PROCEDURE ggrok_inbox_count();
                CREATE TRIGGER ggrok_inbox_emptied AFTER TRUNCATE ON ggrok_inbox_items
                    FOR EACH STATEMENT EXECUTE PROCEDURE ggrok_inbox_count();
            END IF;
        END
        $block$;
        DELETE FROM ggrok_inbox_counts;
        INSERT INTO ggrok_inbox_counts
        SELECT tunnel, count(*) FILTER (WHERE NOT is_dead), count(*) FILTER (WHERE is_dead), sum(stored_bytes) FROM ggrok_inbox_items GROUP BY tunnel;
        """;

    /// <summary>Removes the rows of tunnels that have nothing. One that is being changed is left for later.</summary>
    public const string Sweep = """
        DELETE FROM ggrok_inbox_counts WHERE tunnel IN (
            SELECT tunnel FROM ggrok_inbox_counts WHERE waiting = 0 AND dead = 0 FOR UPDATE SKIP LOCKED)
        """;
}
