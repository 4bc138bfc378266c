namespace Ggrok.Shared.Relay.Datagrams;

/// <summary>Memory that the datagrams of many peers may wait in together, so that a flood from many addresses is bounded as well.</summary>
public sealed class DatagramBudget
{
    private const int Bytes = 8 * 1024 * 1024;

    private int _used;

    /// <summary>Bytes that wait now.</summary>
    public int Used => Volatile.Read(ref _used);

    /// <summary>Takes room for a datagram; false when there is none.</summary>
    internal bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= Bytes)
        {
            return true;
        }

        Return(bytes);
        return false;
    }

    /// <summary>Gives it back.</summary>
    internal void Return(int bytes) => Interlocked.Add(ref _used, -bytes);
}
