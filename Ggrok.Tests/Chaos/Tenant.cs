namespace Ggrok.Tests.Chaos;

/// <summary>One of several who share a server: its local service, its client, and the link between that client and the server.</summary>
internal sealed class Tenant(TenantApp app, ChaosProxy link, IChaosServer server) : IAsyncDisposable
{
    public string Name => app.Name;

    public TenantApp App => app;

    public ChaosProxy Link => link;

    public IChaosClient Client { get; set; } = null!;

    /// <summary>How many connections its client has.</summary>
    public int Connections { get; init; } = 1;

    /// <summary>Where its visitors go.</summary>
    public Uri Url => new(server.Url, Name + "/");

    public int RawPort => Client.RawPort;

    /// <summary>Cuts the link somehow: at once, or after some bytes, which is within a frame as a rule.</summary>
    public void CutSomehow(Chance chance)
    {
        CutKind kind = chance.OneIn(2) ? CutKind.Reset : CutKind.Finish;
        if (chance.OneIn(4))
        {
            link.CutAll(kind);
        }
        else
        {
            link.CutAll(new Cut(chance.OneIn(2) ? Direction.Up : Direction.Down, chance.Size(20_000), kind));
        }
    }

    public async ValueTask DisposeAsync()
    {
        link.Thaw();
        link.UnstallAll();
        link.Admit();
        link.Foretell(null);
        await Client.DisposeAsync();
        await link.DisposeAsync();
        await app.DisposeAsync();
    }
}
