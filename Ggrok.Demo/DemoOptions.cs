using System.Globalization;

namespace Ggrok.Demo;

/// <summary>Command line of the demo.</summary>
/// <param name="ServerPort">Port of the Ggrok server; 0 for a free one.</param>
/// <param name="AppPort">Port of the sample app; 0 for a free one.</param>
/// <param name="Help">Only help is wanted.</param>
internal sealed record DemoOptions(int ServerPort, int AppPort, bool Help)
{
    public const string Usage = """
        Starts a Ggrok server, a sample app and the tunnel between them in one process.

        Usage: dotnet run --project Ggrok.Demo [-- OPTIONS]

          --server-port PORT   port of the server, the public side (default: a free one)
          --app-port PORT      port of the sample app, the local side (default: a free one)
          --help               this text
        """;

    /// <summary>Reads the arguments; the complaint says what to write when they cannot be used.</summary>
    public static DemoOptions? Parse(string[] args, out string complaint)
    {
        complaint = "";
        var options = new DemoOptions(0, 0, Help: false);
        for (int i = 0; i < args.Length; i++)
        {
            (string name, string? inline) = args[i].Split('=', 2) is [var left, var right] ? (left, right) : (args[i], null);
            if (name is "--help" or "-h")
            {
                return options with { Help = true };
            }

            if (name is not ("--server-port" or "--app-port"))
            {
                complaint = $"There is no option {name}.";
                return null;
            }

            string? text = inline ?? (++i < args.Length ? args[i] : null);
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port > 65535)
            {
                complaint = $"{name} needs a port from 0 to 65535.";
                return null;
            }

            options = name == "--server-port" ? options with { ServerPort = port } : options with { AppPort = port };
        }

        return options;
    }
}
