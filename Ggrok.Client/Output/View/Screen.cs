using System.Globalization;
using System.Text;

namespace Ggrok.Client.Output.View;

/// <summary>
/// Shows pictures on the terminal's other screen: only lines that changed are written, in one piece, over the ones before,
/// so that nothing flickers. What was there before comes back at the end.
/// </summary>
internal sealed class Screen(ITerminal terminal)
{
    // Terminals that know it show all that is between the two at once (mode 2026); others ignore it.
    private const string Begin = "\u001b[?2026h";
    private const string End = "\u001b[?2026l";

    // The other screen, without cursor, and without going on in the next line at the right edge.
    private const string Open = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[H\u001b[2J";
    // The runtime switched the keypad's application mode on, and would leave it on.
    private const string Close = "\u001b[?2026l\u001b[0m\u001b[?1l\u001b>\u001b[?7h\u001b[?25h\u001b[?1049l";

    // A terminal that takes nothing must not keep the program from ending.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private string[] _shown = [];
    private (int Width, int Height) _size;
    private bool _isOpen;
    private bool _isOver;

    /// <summary>The next picture is drawn as a whole, wherever the terminal is.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _size = default;
        }
    }

    /// <summary>Shows a picture, whose lines are as wide as the terminal.</summary>
    public void Show(string[] lines, (int Width, int Height) size)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            var text = new StringBuilder(Begin);
            bool isWhole = !_isOpen || size != _size;
            if (!_isOpen)
            {
                text.Append(Open);
                _isOpen = true;
            }

            int unchanged = text.Length;
            for (int i = 0; i < lines.Length; i++)
            {
                if (isWhole || i >= _shown.Length || lines[i] != _shown[i])
                {
                    text.Append(CultureInfo.InvariantCulture, $"\u001b[{i + 1};1H{lines[i]}");
                }
            }

            if (lines.Length < size.Height && (isWhole || lines.Length < _shown.Length))
            {
                text.Append(CultureInfo.InvariantCulture, $"\u001b[{lines.Length + 1};1H\u001b[J");
            }

            _shown = lines;
            _size = size;
            if (text.Length > unchanged || isWhole)
            {
                terminal.Write(text.Append(End).ToString());
            }
        }
    }

    /// <summary>Goes back to what was there before; the next picture opens the screen again.</summary>
    public void Suspend() => Try(Leave);

    /// <summary>Goes back to what was there before, for good, and writes what shall stay.</summary>
    /// <param name="farewell">Whole lines.</param>
    public void Finish(string farewell) => Try(() =>
    {
        if (!_isOver)
        {
            Leave();
            _isOver = true;
            terminal.Write(farewell);
        }
    });

    /// <summary>Writes lines on the first screen, before the other one is opened.</summary>
    public void WriteBefore(string lines)
    {
        lock (_lock)
        {
            if (!_isOver && !_isOpen)
            {
                terminal.Write(lines);
            }
        }
    }

    private void Try(Action action)
    {
        if (!_lock.TryEnter(Patience))
        {
            return;
        }

        try
        {
            action();
        }
        catch (IOException)
        {
            // The terminal is gone.
        }
        finally
        {
            _lock.Exit();
        }
    }

    private void Leave()
    {
        if (_isOpen)
        {
            // Where there is only one screen, what is shown stays and the cursor goes below it.
            terminal.Write(string.Create(CultureInfo.InvariantCulture, $"\u001b[{Math.Max(1, _size.Height)};1H{Close}"));
            _isOpen = false;
            _shown = [];
        }
    }
}
