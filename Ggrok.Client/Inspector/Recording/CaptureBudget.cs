namespace Ggrok.Client.Inspector.Recording;

/// <summary>Bounds the memory of what is kept of running exchanges, however many there are.</summary>
internal sealed class CaptureBudget(long bytes)
{
    private long _left = bytes;

    /// <summary>What can still be taken, in bytes.</summary>
    public long Left => Volatile.Read(ref _left);

    /// <summary>Takes memory; false when there is none left.</summary>
    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _left, -bytes) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _left, bytes);
        return false;
    }

    /// <summary>Gives memory back.</summary>
    public void Return(int bytes) => Interlocked.Add(ref _left, bytes);
}
