namespace Ggrok.Client.Output.View;

/// <summary>The terminal that people watch. Members may be used from any thread.</summary>
public interface ITerminal
{
    /// <summary>It understands control sequences, and this program is in front: nothing else writes there.</summary>
    bool CanDraw { get; }

    /// <summary>It shows more than ASCII.</summary>
    bool HasUnicode { get; }

    /// <summary>Columns and rows.</summary>
    (int Width, int Height) Size { get; }

    /// <summary>Cancelled right before the program ends without finishing anything.</summary>
    CancellationToken EndingAtOnce { get; }

    /// <summary>The size changed, or the program goes on after it was suspended.</summary>
    event Action? Changed;

    /// <summary>The program will be suspended when this returns.</summary>
    event Action? Suspending;

    /// <summary>Writes at once; may take as long as the terminal takes.</summary>
    void Write(string text);

    /// <summary>Tells each key that is pressed from now on, which is not shown; false when there is no keyboard.</summary>
    bool ReadKeys(Action<char> pressed);

    /// <summary>Does what Ctrl-C does.</summary>
    void RequestStop();
}
