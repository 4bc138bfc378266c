namespace Ggrok.Client.Diagnosis;

/// <summary>One step of the diagnosis.</summary>
internal interface ICheck
{
    CheckName Name { get; }

    /// <summary>What it says when its time is over.</summary>
    Finding TooSlow(Examination examination, string limit) =>
        Finding.Fail($"no answer within {limit}", "Something on the way drops what is sent; ask who runs the network or the server, or allow more with --timeout.");

    /// <summary>Why there is nothing to look at, after what the checks before it found; else null.</summary>
    string? Obstacle(Examination examination);

    /// <summary>Looks, and leaves in <paramref name="examination"/> what later checks build on.</summary>
    /// <param name="examination">What is known so far.</param>
    /// <param name="limit">Cancelled when its time is over.</param>
    /// <exception cref="OperationCanceledException"><paramref name="limit"/> was cancelled.</exception>
    Task<Finding> LookAsync(Examination examination, CancellationToken limit);
}
