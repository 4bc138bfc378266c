namespace Ggrok.Client.Inspector.Remote;

/// <summary>What was asked of a running client's inspector cannot be done; the message says why and what to do.</summary>
internal sealed class InspectorException(string message) : Exception(message);
