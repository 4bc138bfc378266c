namespace Ggrok.Shared.Certificates;

/// <summary>A certificate or key file cannot be used; the message is one sentence that names the file and says what to do.</summary>
public sealed class PemException(string message) : Exception(message);
