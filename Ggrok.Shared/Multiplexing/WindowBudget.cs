namespace Ggrok.Shared.Multiplexing;

/// <summary>Bytes by which all the windows of one connection together may grow beyond their initial size.</summary>
internal sealed class WindowBudget(long bytes)
{
    private long _left = bytes;

    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _left, -bytes) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _left, bytes);
        return false;
    }

    public void Return(int bytes) => Interlocked.Add(ref _left, bytes);
}
