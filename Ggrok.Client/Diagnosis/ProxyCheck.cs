namespace Ggrok.Client.Diagnosis;

/// <summary>Whether a proxy of the environment is on the way.</summary>
internal sealed class ProxyCheck : ICheck
{
    public CheckName Name => CheckName.Proxy;

    public string? Obstacle(Examination examination) => examination.Options is null ? Examination.NoServer : null;

    public Task<Finding> LookAsync(Examination examination, CancellationToken limit)
    {
        // The user and password that may stand in it are nobody's business.
        string found = examination.Proxy is { } proxy ? $"{proxy.Scheme}://{proxy.Authority} is used"
            : examination.Options!.Server.IsLoopback ? "none, the server is on this machine"
            : "none";
        return Task.FromResult(Finding.Pass(found));
    }
}
