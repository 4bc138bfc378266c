using System.Reflection;

namespace Ggrok.Shared.Protocol;

/// <summary>Version of the program, the same for server and client of one build.</summary>
public static class ProgramVersion
{
    /// <summary>Version such as <c>1.0.0</c>, without build metadata.</summary>
    public static string Current { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
