using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

internal static class Quotation
{
    /// <summary>What the user wrote, in quotes, short and without terminal escapes.</summary>
    public static string Quoted(this string text) => $"\"{Printable.Clean(text)}\"";
}
