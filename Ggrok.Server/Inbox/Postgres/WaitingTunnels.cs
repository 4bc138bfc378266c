using System.Collections.Concurrent;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>For which tunnels something waits in the database, as far as it is known here.</summary>
internal sealed class WaitingTunnels(Database database)
{
    private readonly ConcurrentDictionary<string, bool> _waiting = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly long[] _stirs = new long[256];

    /// <summary>All of them.</summary>
    public IReadOnlyList<string> All => [.. _waiting.Keys];

    /// <summary>Whether a tunnel is one of them.</summary>
    public bool Has(string tunnel) => _waiting.ContainsKey(tunnel);

    /// <summary>Something came for a tunnel: an answer to a question of before says nothing of it.</summary>
    public void Stir(string tunnel, bool waits)
    {
        lock (_gate)
        {
            StirsOf(tunnel)++;
            if (waits)
            {
                _waiting[tunnel] = true;
            }
        }
    }

    /// <summary>Looks at one.</summary>
    public async Task LookAtAsync(string tunnel)
    {
        long before = Interlocked.Read(ref StirsOf(tunnel));
        List<bool> waits = await database.QueryAsync(
            "SELECT EXISTS (SELECT FROM ggrok_inbox_items WHERE tunnel = @tunnel AND NOT is_dead)", static r => r.GetBoolean(0), ("tunnel", tunnel)).ConfigureAwait(false);
        lock (_gate)
        {
            if (waits[0])
            {
                _waiting[tunnel] = true;
            }
            else if (StirsOf(tunnel) == before)
            {
                // What came since the look would be forgotten.
                _waiting.TryRemove(tunnel, out _);
            }
        }
    }

    /// <summary>Compares them with those that there are.</summary>
    public async Task LookAtAllAsync(IReadOnlyCollection<string> waiting)
    {
        foreach (string gone in _waiting.Keys.Except(waiting, StringComparer.Ordinal))
        {
            // It may have come a moment after the look.
            await LookAtAsync(gone).ConfigureAwait(false);
        }

        foreach (string tunnel in waiting)
        {
            _waiting[tunnel] = true;
        }
    }

    // Tunnels that share a counter only ask once more.
    private ref long StirsOf(string tunnel) => ref _stirs[(uint)tunnel.GetHashCode(StringComparison.Ordinal) % _stirs.Length];
}
