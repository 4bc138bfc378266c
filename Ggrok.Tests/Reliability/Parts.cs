namespace Ggrok.Tests.Reliability;

/// <summary>Things that a test replaces one after the other, and that all end with it.</summary>
internal sealed class Parts<T>(params T[] first) : IAsyncDisposable
    where T : IAsyncDisposable
{
    /// <summary>All of them; a replaced one was disposed of by whoever replaced it.</summary>
    public T[] All { get; private set; } = first;

    /// <summary>Adds one.</summary>
    public void Also(T part) => All = [.. All, part];

    public async ValueTask DisposeAsync()
    {
        foreach (T part in All)
        {
            await part.DisposeAsync();
        }
    }
}
