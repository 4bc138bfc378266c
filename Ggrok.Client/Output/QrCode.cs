using System.Collections;
using QRCoder;

namespace Ggrok.Client.Output;

/// <summary>QR codes (ISO/IEC 18004) for terminals: a character is two modules high, which makes them about square.</summary>
public static class QrCode
{
    // Of the 256 colours those that no theme changes: black and white.
    private const string BlackOnWhite = "\u001b[38;5;16;48;5;231m";
    private const string Reset = "\u001b[0m";

    // Light above and below, light above dark, dark above light, dark above and below.
    private const string Ink = " \u2584\u2580\u2588";
    private const string Light = "\u2588\u2580\u2584 ";

    /// <summary>
    /// The lines of the code, with the quiet zone of four modules around it. With colour the dark modules are drawn in black
    /// on white, whatever the terminal looks like. Without it the light ones are drawn: right where the text is light on dark,
    /// as it mostly is, and elsewhere the inverse, which not every scanner reads.
    /// </summary>
    /// <param name="text">What the code says, at most some 2900 characters.</param>
    /// <param name="colour">Colours may be used.</param>
    public static IReadOnlyList<string> Draw(string text, bool colour)
    {
        // The lowest error correction: a screen is neither dirty nor torn, and the code stays small.
        using QRCodeData code = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.L);
        List<BitArray> modules = code.ModuleMatrix;
        string blocks = colour ? Ink : Light;
        var lines = new List<string>();
        for (int y = 0; y < modules.Count; y += 2)
        {
            BitArray upper = modules[y];
            BitArray? lower = y + 1 < modules.Count ? modules[y + 1] : null;
            string line = string.Create(upper.Count, (upper, lower, blocks), static (to, rows) =>
            {
                for (int x = 0; x < to.Length; x++)
                {
                    to[x] = rows.blocks[(rows.upper[x] ? 2 : 0) + (rows.lower?[x] == true ? 1 : 0)];
                }
            });
            lines.Add(colour ? BlackOnWhite + line + Reset : line);
        }

        return lines;
    }
}
