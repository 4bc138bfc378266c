using System.Globalization;

namespace Ggrok.Tests.Chaos;

/// <summary>What must hold of webhooks and what came of them.</summary>
internal static class HookCheck
{
    /// <summary>Each that was taken came, as it was sent; what came again had a reason to.</summary>
    /// <param name="taken">What was answered with 2xx.</param>
    /// <param name="deliveries">What came to the local service.</param>
    /// <param name="breaks">How often a server was killed or a link cut, of which each can keep one answer from being noted.</param>
    public static void AllRight(IReadOnlyCollection<Webhook> taken, IReadOnlyCollection<Delivery> deliveries, int breaks)
    {
        ILookup<string, Delivery> came = deliveries.ToLookup(d => d.Id);
        foreach (Webhook hook in taken)
        {
            came[hook.Id].ShouldNotBeEmpty(hook.Id);
            came[hook.Id].ShouldAllBe(d => d.Target == "POST " + hook.Target && d.Checksum == hook.Checksum && d.Repeated == "one, two");

            // Its provider may have sent it twice, but the inbox has it once.
            int stored = came[hook.Id].Select(d => d.DeliveryId).Where(d => d.Length > 0).Distinct().Count();
            stored.ShouldBeLessThanOrEqualTo(hook.IsKnown ? 1 : hook.Attempts, hook.Id);
        }

        deliveries.Where(d => d.DeliveryId.Length > 0).CountBy(d => d.DeliveryId).Sum(c => c.Value - 1).ShouldBeLessThanOrEqualTo(breaks);
    }

    /// <summary>What one sender sent one after the other came in that order, whatever came again.</summary>
    public static void InOrder(IReadOnlyCollection<Webhook> taken, IReadOnlyCollection<Delivery> deliveries)
    {
        foreach (IGrouping<int, Webhook> ofSender in taken.GroupBy(h => h.Sender))
        {
            string[] sent = [.. ofSender.OrderBy(h => h.Number).Select(h => h.Id)];
            string[] first = [.. deliveries.Select(d => d.Id).Where(id => id.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{ofSender.Key}-"), StringComparison.Ordinal)).Distinct()];
            first.ShouldBe(sent);
        }
    }

    /// <summary>
    /// What comes out of an inbox of several servers comes after all that its sender had sent before. What passes live may overtake it.
    /// </summary>
    /// <returns>How often that was so.</returns>
    public static int OutOfInboxInOrder(IReadOnlyCollection<Webhook> taken, IReadOnlyCollection<Delivery> deliveries)
    {
        int overtook = 0;
        foreach (IGrouping<int, Webhook> ofSender in taken.GroupBy(h => h.Sender))
        {
            string[] sent = [.. ofSender.OrderBy(h => h.Number).Select(h => h.Id)];
            var places = sent.Index().ToDictionary(s => s.Item, s => s.Index);
            var came = new HashSet<int>();
            int missing = 0;
            foreach (Delivery delivery in deliveries.Where(d => places.ContainsKey(d.Id)))
            {
                int place = places[delivery.Id];
                if (place > missing && delivery.DeliveryId.Length > 0)
                {
                    missing.ShouldBeGreaterThanOrEqualTo(place, $"{delivery.Id} came out of the inbox before {sent[missing]}");
                }

                overtook += place > missing ? 1 : 0;
                for (came.Add(place); came.Contains(missing); missing++)
                {
                }
            }
        }

        return overtook;
    }
}
