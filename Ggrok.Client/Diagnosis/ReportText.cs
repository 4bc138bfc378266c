using System.Globalization;
using Ggrok.Client.Output;

namespace Ggrok.Client.Diagnosis;

/// <summary>The checks for people: a line each, what to do below those that need it.</summary>
/// <param name="output">Where it goes.</param>
/// <param name="isTerminal">Lines may be replaced, and are wrapped.</param>
/// <param name="colour">Colours may be used.</param>
/// <param name="quiet">Only what needs attention is shown.</param>
internal sealed class ReportText(TextWriter output, bool isTerminal, bool colour, bool quiet) : IReportOutput
{
    private const int NameWidth = 15;
    private const int Width = 80;

    // Two before the result, four for it, two behind it.
    private static readonly string Indent = new(' ', 8 + NameWidth);

    public void Begin(CheckName check)
    {
        if (isTerminal)
        {
            output.Write($"  {Paint("....", "2")}  {check.ToWire()}");
            output.Flush();
        }
    }

    public void Write(CheckReport report)
    {
        if (isTerminal)
        {
            output.Write("\r\u001b[K");
        }

        Finding finding = report.Finding;
        if (quiet && finding.Result is CheckResult.Pass or CheckResult.Skipped)
        {
            return;
        }

        (string word, string code) = finding.Result switch
        {
            CheckResult.Pass => ("pass", "32"),
            CheckResult.Warn => ("warn", "33"),
            CheckResult.Fail => ("FAIL", "1;31"),
            _ => ("skip", "2"),
        };
        string found = Wrap(finding.Found);
        output.WriteLine($"  {Paint(word, code)}  {report.Check.ToWire().PadRight(NameWidth)}"
            + (finding.Result == CheckResult.Skipped ? Paint(found, "2") : found + Paint($" ({Describe(report.Duration)})", "2")));
        if (finding.Advice is { } advice)
        {
            output.WriteLine(Indent + Paint(Wrap(advice), code));
        }
    }

    public void Finish(Uri? server, IReadOnlyList<CheckReport> reports)
    {
        int Count(CheckResult result) => reports.Count(r => r.Finding.Result == result);
        (int failed, int warned, int passed, int skipped) = (Count(CheckResult.Fail), Count(CheckResult.Warn), Count(CheckResult.Pass), Count(CheckResult.Skipped));
        if (quiet && failed + warned == 0)
        {
            return;
        }

        string verdict = failed > 0 ? Paint("A tunnel would not work", "1;31")
            : warned > 0 ? Paint("A tunnel works, with something to look at", "33")
            : Paint("Everything is fine", "32");
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verdict}: {passed} passed, {warned} warned, {failed} failed, {skipped} skipped."));
    }

    private static string Describe(TimeSpan duration) =>
        duration.TotalSeconds >= 1 ? LineWriter.Number(duration.TotalSeconds) + " s" : LineWriter.Number(duration.TotalMilliseconds) + " ms";

    private string Wrap(string text)
    {
        if (!isTerminal)
        {
            return text;
        }

        var lines = new List<string> { "" };
        foreach (string word in text.Split(' '))
        {
            if (lines[^1].Length > 0 && lines[^1].Length + 1 + word.Length > Width - Indent.Length)
            {
                lines.Add("");
            }

            lines[^1] += lines[^1].Length == 0 ? word : " " + word;
        }

        return string.Join(Environment.NewLine + Indent, lines);
    }

    private string Paint(string text, string code) => colour ? $"\u001b[{code}m{text}\u001b[0m" : text;
}
