using Npgsql;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>The tables, made at the start where they are not there.</summary>
internal static class Schema
{
    // Several servers may start at once.
    private const string Script = $"""
        BEGIN;
        SELECT pg_advisory_xact_lock(724120711);
        CREATE SEQUENCE IF NOT EXISTS ggrok_inbox_places;
        CREATE TABLE IF NOT EXISTS ggrok_inbox_items (
            id text PRIMARY KEY,
            tunnel text NOT NULL,
            place bigint NOT NULL DEFAULT nextval('ggrok_inbox_places'),
            is_dead boolean NOT NULL DEFAULT false,
            attempts integer NOT NULL DEFAULT 0,
            next_attempt timestamptz,
            last_failure text,
            received timestamptz NOT NULL,
            method text NOT NULL,
            target text NOT NULL,
            remote text,
            provider text,
            provider_id text,
            sameness text UNIQUE,
            owner text NOT NULL DEFAULT '',
            body_bytes bigint NOT NULL,
            stored_bytes bigint NOT NULL,
            request text NOT NULL,
            body bytea NOT NULL
        );
        ALTER TABLE ggrok_inbox_items ADD COLUMN IF NOT EXISTS owner text NOT NULL DEFAULT '';
        CREATE INDEX IF NOT EXISTS ggrok_inbox_queue ON ggrok_inbox_items (tunnel, is_dead, place);
        CREATE INDEX IF NOT EXISTS ggrok_inbox_age ON ggrok_inbox_items (tunnel, received);
        ALTER TABLE ggrok_inbox_items ALTER COLUMN body SET STORAGE EXTERNAL;
        CREATE TABLE IF NOT EXISTS ggrok_inbox_delivered (sameness text PRIMARY KEY, id text NOT NULL, at timestamptz NOT NULL);
        CREATE INDEX IF NOT EXISTS ggrok_inbox_delivered_at ON ggrok_inbox_delivered (at);
        CREATE TABLE IF NOT EXISTS ggrok_inbox_tunnels (name text PRIMARY KEY, value text NOT NULL);
        {Counts.Script}
        COMMIT;
        """;

    /// <summary>Makes what is missing.</summary>
    public static async Task MakeAsync(NpgsqlDataSource database)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync().ConfigureAwait(false);
        await using var command = new NpgsqlCommand(Script, connection);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }
}
