using System.Text;
using Ggrok.Client.Output.View;

namespace Ggrok.Tests.View;

/// <summary>A terminal that keeps what is written, and can be slow, resized, suspended and pushed into the background.</summary>
internal sealed class FakeTerminal : ITerminal, IDisposable
{
    private readonly Lock _lock = new();
    private readonly StringBuilder _written = new();
    private readonly ManualResetEventSlim _mayWrite = new(true);
    private readonly CancellationTokenSource _ending = new();
    private Action<char>? _key;

    public event Action? Changed;

    public event Action? Suspending;

    public bool CanDraw { get; set; } = true;

    public bool HasUnicode => true;

    public (int Width, int Height) Size { get; set; } = (80, 24);

    public CancellationToken EndingAtOnce => _ending.Token;

    public int Writes { get; private set; }

    public bool WasStopRequested { get; private set; }

    public TaskCompletionSource Stuck { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Written
    {
        get
        {
            lock (_lock)
            {
                return _written.ToString();
            }
        }
    }

    public void Write(string text)
    {
        if (!_mayWrite.IsSet)
        {
            Stuck.TrySetResult();
            _mayWrite.Wait();
        }

        lock (_lock)
        {
            _written.Append(text);
            Writes++;
        }
    }

    public bool ReadKeys(Action<char> pressed)
    {
        _key = pressed;
        return true;
    }

    public void RequestStop() => WasStopRequested = true;

    public void Freeze() => _mayWrite.Reset();

    public void Thaw() => _mayWrite.Set();

    public void Press(char key) => _key!(key);

    public void Resize(int width, int height)
    {
        Size = (width, height);
        Changed?.Invoke();
    }

    public void Suspend() => Suspending?.Invoke();

    public void Continue() => Changed?.Invoke();

    public void EndAtOnce() => _ending.Cancel();

    /// <summary>Forgets what was written.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _written.Clear();
        }
    }

    public void Dispose()
    {
        _mayWrite.Dispose();
        _ending.Dispose();
    }
}
