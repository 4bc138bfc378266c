using System.Globalization;
using Ggrok.Server.Inbox.Files;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Postgres;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Tests.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ggrok.Tests.Inbox;

/// <summary>The stores by themselves: everything at once.</summary>
public sealed class InboxStoreTests(PostgresFixture fixture) : IClassFixture<PostgresFixture>, IDisposable
{
    private static readonly string[] Tunnels = ["a", "b", "c", "d"];
    private static readonly InboxBounds Wide = new(1_000_000, 1L << 40);
    private static readonly InboxRequest Request = new()
    {
        Version = "1.1", Headers = [], RequestId = "r", RelayMethod = "POST", RelayTarget = "/", Scheme = "http", Host = "a", HasBody = true, RelayHeaders = [],
    };

    private static readonly InboxId Ids = new(TimeProvider.System);

    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-store").FullName;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_is_done_at_once_nobody_waits_for_ever_and_the_totals_are_those_of_the_items(bool inDatabase)
    {
        string? database = inDatabase ? await fixture.Cluster.NewDatabaseAsync() : null;
        await using IInboxStore one = Open(database);
        await using IInboxStore? second = inDatabase ? Open(database) : null;
        IInboxStore other = second ?? one;
        await Task.WhenAll(one.OpenAsync(isWanted: true), other.OpenAsync(isWanted: true));
        var all = new InboxQuery(Tunnels);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            IInboxStore store = worker % 2 == 0 ? one : other;
            for (int i = 0; i < 15; i++)
            {
                InboxItem[] items = [.. await store.ListAsync(all with { Limit = 20 })];
                switch (random.Next(12))
                {
                    case 0:
                        await store.DropAsync(all with { IsDead = true });
                        break;
                    case 1:
                        await store.DeliverAgainAsync(all);
                        break;
                    case 2 when items.Length > 0:
                        await store.DropAsync(all with { Id = items[random.Next(items.Length)].Id });
                        break;
                    case 3 or 4 when items.Length > 0:
                        await store.UpdateAsync(items[random.Next(items.Length)] with { IsDead = true, Attempts = 3 });
                        break;
                    case 5 or 6 when items.Length > 0:
                        await store.RemoveDeliveredAsync(items[random.Next(items.Length)]);
                        break;
                    default:
                        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => store.AddAsync(
                            NewItem(Tunnels[random.Next(Tunnels.Length)], random.Next(40)), Request, new byte[random.Next(2000)], Wide)));
                        break;
                }
            }
        })));

        IReadOnlyDictionary<string, InboxTotals> totals = await one.TotalsAsync();
        ILookup<string, InboxItem> left = (await one.ListAsync(all)).ToLookup(i => i.Tunnel);
        left.Count.ShouldBeGreaterThan(0);
        totals.Keys.Order().ShouldBe(left.Select(t => t.Key).Order());
        foreach (IGrouping<string, InboxItem> items in left)
        {
            totals[items.Key].ShouldBe(new InboxTotals(items.Count(i => !i.IsDead), items.Count(i => i.IsDead), items.Sum(i => i.StoredBytes), items.Min(i => i.Received)));
        }
    }

    [Fact]
    public async Task One_that_the_database_does_not_take_keeps_no_other_out()
    {
        await using IInboxStore store = Open(await fixture.Cluster.NewDatabaseAsync());
        await store.OpenAsync(isWanted: true);

        // PostgreSQL has no text with this character.
        InboxItem bad = NewItem("a", null) with { Target = "/\0" };
        Task<InboxReceipt>[] adding = [.. Enumerable.Range(0, 20).Select(n => store.AddAsync(n == 7 ? bad : NewItem("a", null), Request, new byte[10], Wide))];

        await Should.ThrowAsync<InboxStoreException>(() => adding[7]);
        (await Task.WhenAll(adding.Where((_, n) => n != 7))).ShouldAllBe(r => r.IsNew);
        (await store.ListAsync(new InboxQuery(["a"]))).Count.ShouldBe(19);
    }

    [Fact]
    public async Task Rows_of_a_tunnel_that_somebody_holds_keep_no_other_tunnel_out()
    {
        string database = await fixture.Cluster.NewDatabaseAsync();
        await using IInboxStore store = Open(database);
        await store.OpenAsync(isWanted: true);
        await store.AddAsync(NewItem("a", null), Request, new byte[10], Wide);
        await using (await fixture.Cluster.HoldAsync(database, "DELETE FROM ggrok_inbox_items"))
        {
            Task<InboxReceipt>[] adding = [.. Enumerable.Range(0, 20).Select(n => store.AddAsync(NewItem(n % 2 == 0 ? "a" : "b", null), Request, new byte[10], Wide))];

            foreach (Task<InboxReceipt> held in adding.Where((_, n) => n % 2 == 0))
            {
                await Should.ThrowAsync<InboxStoreException>(() => Within.Bound(held, "the refusal"));
            }

            (await Within.Bound(Task.WhenAll(adding.Where((_, n) => n % 2 != 0)), "the other tunnel's")).ShouldAllBe(r => r.IsNew);
        }

        (await store.AddAsync(NewItem("a", null), Request, new byte[10], Wide)).IsNew.ShouldBeTrue();
    }

    [Fact]
    public async Task While_the_database_stands_still_nobody_waits_for_those_before_to_hear_it()
    {
        const int Many = 10_000;
        string database = await fixture.Cluster.NewDatabaseAsync();
        await using IInboxStore store = Open(database, ";Command Timeout=3");
        await store.OpenAsync(isWanted: true);
        await using (await fixture.Cluster.HoldAsync(database, "LOCK TABLE ggrok_inbox_counts"))
        {
            // Some forty transactions, one after the other.
            Task<InboxReceipt>[] adding = [.. Enumerable.Range(0, Many).Select(_ => store.AddAsync(NewItem("a", null), Request, new byte[10], Wide))];

            Task all = Task.WhenAll(adding);
            await Within.Bound(all.ContinueWith(_ => { }, TaskScheduler.Default), "the refusals");
            adding.ShouldAllBe(a => a.IsFaulted);
        }

        (await store.AddAsync(NewItem("a", null), Request, new byte[10], Wide)).IsNew.ShouldBeTrue();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_comes_together_keeps_its_order(bool inDatabase)
    {
        await using IInboxStore store = Open(inDatabase ? await fixture.Cluster.NewDatabaseAsync() : null);
        await store.OpenAsync(isWanted: true);
        InboxItem[] items = [.. Enumerable.Range(0, 100).Select(_ => NewItem("a", null))];

        await Task.WhenAll(items.Select(i => store.AddAsync(i, Request, new byte[10], Wide)));

        var order = new List<string>();
        while (await store.FirstAsync("a") is { } first)
        {
            order.Add(first.Id);
            await store.RemoveDeliveredAsync(first);
        }

        order.ShouldBe(items.Select(i => i.Id));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static InboxItem NewItem(string tunnel, int? same)
    {
        string id = Ids.Next();
        return new InboxItem
        {
            Id = id, Place = id, Tunnel = tunnel, Method = "POST", Target = "/", Received = DateTimeOffset.UnixEpoch.AddSeconds(Random.Shared.Next()), BodyBytes = 0, StoredBytes = 0,
            Sameness = same is null ? null : string.Create(CultureInfo.InvariantCulture, $"{tunnel}-{same}"),
        };
    }

    private IInboxStore Open(string? database, string more = "") => database is null
        ? new FileInboxStore(_folder, 1L << 40, new InboxId(TimeProvider.System), TimeProvider.System, NullLogger<FileInboxStore>.Instance)
        : new PostgresInboxStore(DatabaseUrl.Parse(database) + more, 1L << 40, new InboxId(TimeProvider.System), TimeProvider.System, NullLogger<PostgresInboxStore>.Instance);
}
