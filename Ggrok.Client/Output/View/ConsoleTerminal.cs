using System.Runtime.InteropServices;
using System.Text;
using Ggrok.Client.Cli;
using Spectre.Console;

namespace Ggrok.Client.Output.View;

/// <summary>The terminal that the program was started in.</summary>
public sealed class ConsoleTerminal : ITerminal, IDisposable
{
    private const int StandardOutput = 1;
    private const int StopOnLinux = 19;
    private const int StopElsewhere = 17;
    private const int FallbackWidth = 80;
    private const int FallbackHeight = 24;

    private readonly StopSignals _stop;
    private readonly Func<string, string?> _environment;
    private readonly Lazy<Stream> _output = new(Console.OpenStandardOutput);
    private readonly List<PosixSignalRegistration> _signals = [];

    /// <summary>Standard output must be a terminal.</summary>
    public ConsoleTerminal(StopSignals stop, Func<string, string?> environment)
    {
        _stop = stop;
        _environment = environment;
        if (!OperatingSystem.IsWindows())
        {
            _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Changed?.Invoke()));
            _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => Changed?.Invoke()));
            _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Suspend));
        }
    }

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public event Action? Suspending;

    /// <inheritdoc/>
    public bool CanDraw => OperatingSystem.IsWindows() ? WindowsCanDraw() : _environment("TERM") is not (null or "" or "dumb") && IsInFront();

    /// <inheritdoc/>
    public bool HasUnicode => Console.OutputEncoding.CodePage == Encoding.UTF8.CodePage;

    /// <inheritdoc/>
    public (int Width, int Height) Size
    {
        get
        {
            try
            {
                return Console.WindowWidth > 0 && Console.WindowHeight > 0 ? (Console.WindowWidth, Console.WindowHeight) : (FallbackWidth, FallbackHeight);
            }
            catch (IOException)
            {
                return (FallbackWidth, FallbackHeight);
            }
        }
    }

    /// <inheritdoc/>
    public CancellationToken EndingAtOnce => _stop.EndingAtOnce;

    /// <inheritdoc/>
    public void Write(string text)
    {
        // In one piece: the console's own writer would cut it, and half a picture would be seen.
        _output.Value.Write(Console.OutputEncoding.GetBytes(text));
        _output.Value.Flush();
    }

    /// <inheritdoc/>
    public bool ReadKeys(Action<char> pressed)
    {
        if (Console.IsInputRedirected)
        {
            return false;
        }

        // While a key is waited for, what is typed is not shown; the runtime undoes that when the program ends, also by a signal.
        var reading = new Thread(() =>
        {
            try
            {
                // Nothing at all is what a terminal that was closed gives, again and again.
                while (Console.ReadKey(intercept: true) is var key && (key.KeyChar != 0 || key.Key != 0))
                {
                    pressed(key.KeyChar);
                }
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // The keyboard is gone.
            }
        })
        {
            IsBackground = true,
            Name = "keyboard",
        };
        reading.Start();
        return true;
    }

    /// <inheritdoc/>
    public void RequestStop() => _stop.Request();

    /// <inheritdoc/>
    public void Dispose()
    {
        _signals.ForEach(s => s.Dispose());
        _signals.Clear();
    }

    // Whoever handles this signal has to stop the program, too; with the signal that nobody can handle.
    private void Suspend(PosixSignalContext context)
    {
        Suspending?.Invoke();
        context.Cancel = true;
        Send(Environment.ProcessId, OperatingSystem.IsLinux() ? StopOnLinux : StopElsewhere);
    }

    // Switches the sequences on, too.
    private static bool WindowsCanDraw() => AnsiConsole.Console.Profile.Capabilities.Ansi;

    // In the background (ggrok 3000 &) the shell has the terminal, and whoever draws would draw over it.
    private static bool IsInFront()
    {
        try
        {
            return ForegroundGroup(StandardOutput) == OwnGroup();
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return true;
        }
    }

    [DllImport("libc", EntryPoint = "tcgetpgrp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ForegroundGroup(int descriptor);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int process, int signal);

    [DllImport("libc", EntryPoint = "getpgrp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OwnGroup();
}
