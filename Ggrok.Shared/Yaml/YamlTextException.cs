namespace Ggrok.Shared.Yaml;

/// <summary>A configuration file that cannot be read as text.</summary>
/// <param name="message">File, line and what to do.</param>
public sealed class YamlTextException(string message) : Exception(message);
