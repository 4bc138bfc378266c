namespace Ggrok.Shared.Protocol;

/// <summary>One line of policy, as it is written on the command line, in a file and in the handshake.</summary>
/// <param name="Name">Name of the policy's key, such as <c>rate-limit</c>.</param>
/// <param name="Value">What is written behind it; <c>true</c> for a switch.</param>
public sealed record PolicyDirective(string Name, string Value);
