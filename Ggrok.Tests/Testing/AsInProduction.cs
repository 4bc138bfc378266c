using System.Runtime.CompilerServices;
using Ggrok.Shared.Relay;

namespace Ggrok.Tests.Testing;

/// <summary>Servers and clients within the tests' process run as the programs do.</summary>
internal static class AsInProduction
{
    [ModuleInitializer]
    internal static void Apply() => SocketEvents.ServeInline();
}
