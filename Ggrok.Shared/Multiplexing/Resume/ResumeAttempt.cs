namespace Ggrok.Shared.Multiplexing.Resume;

/// <summary>An attempt to go on over another connection.</summary>
/// <param name="Number">Counts the attempts; only the last one may succeed.</param>
/// <param name="Received">Bytes of the session that have arrived here, for the peer.</param>
public readonly record struct ResumeAttempt(int Number, long Received);
