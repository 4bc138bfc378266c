using System.Diagnostics.CodeAnalysis;

namespace Ggrok.Shared.Multiplexing;

/// <summary>The open streams of one connection by id, and the numbering of new ones (odd: client, even: server).</summary>
/// <param name="role">Which side this is.</param>
/// <param name="firstLocal">Number of the first stream of this side; 0 for the usual one.</param>
internal sealed class StreamTable(MuxRole role, uint firstLocal)
{
    // Time for the peer to connect again, at a thousand new streams a second more than a quarter of an hour.
    private const uint Reserve = 1_000_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, MuxStream> _streams = [];
    private uint _nextLocal = firstLocal != 0 ? firstLocal : role == MuxRole.Client ? 1u : 2u;
    private uint _highestPeer;
    private int _peerCount;
    private int _count;
    private bool _refusesLocal;

    /// <summary>Open streams; read without the lock, because every write to the connection asks.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Numbers are not used again, and few are left: a busy tunnel gets here after days.</summary>
    public bool IsRunningOut => Volatile.Read(ref _nextLocal) > uint.MaxValue - (2 * Reserve);

    /// <summary>Opens a stream of this side unless <paramref name="limit"/> of them are open.</summary>
    public MuxStream? OpenLocal(int limit, Func<uint, MuxStream> create)
    {
        lock (_gate)
        {
            if (_refusesLocal || _streams.Count - _peerCount >= limit || _nextLocal > uint.MaxValue - 2)
            {
                return null;
            }

            MuxStream stream = create(_nextLocal);
            _streams.Add(_nextLocal, stream);
            Volatile.Write(ref _count, _streams.Count);
            _nextLocal += 2;
            return stream;
        }
    }

    /// <summary>
    /// This side opens no more streams. After that, with <see cref="Count"/> zero, none is left that anybody could still write to.
    /// </summary>
    public void RefuseLocal()
    {
        lock (_gate)
        {
            _refusesLocal = true;
        }
    }

    /// <summary>Adds a stream that the peer opened; false when the peer has <paramref name="limit"/> open.</summary>
    public bool TryAddPeer(MuxStream stream, int limit)
    {
        lock (_gate)
        {
            _highestPeer = Math.Max(_highestPeer, stream.Id);
            if (_peerCount >= limit)
            {
                return false;
            }

            _streams.Add(stream.Id, stream);
            Volatile.Write(ref _count, _streams.Count);
            _peerCount++;
            return true;
        }
    }

    public bool TryGet(uint id, [NotNullWhen(true)] out MuxStream? stream)
    {
        lock (_gate)
        {
            return _streams.TryGetValue(id, out stream);
        }
    }

    public bool Remove(MuxStream stream)
    {
        lock (_gate)
        {
            if (!((ICollection<KeyValuePair<uint, MuxStream>>)_streams).Remove(new(stream.Id, stream)))
            {
                return false;
            }

            Volatile.Write(ref _count, _streams.Count);
            _peerCount -= IsLocal(stream.Id) ? 0 : 1;
            return true;
        }
    }

    /// <summary>Whether the id has been in use: a late frame for it is no violation.</summary>
    public bool WasOpened(uint id)
    {
        lock (_gate)
        {
            return IsLocal(id) ? id < _nextLocal : id <= _highestPeer;
        }
    }

    public bool IsLocal(uint id) => (id % 2 == 1) == (role == MuxRole.Client);

    public MuxStream[] Snapshot()
    {
        lock (_gate)
        {
            return _streams.Count == 0 ? [] : [.. _streams.Values];
        }
    }
}
