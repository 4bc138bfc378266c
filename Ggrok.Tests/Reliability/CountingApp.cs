using System.Collections.Concurrent;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Reliability;

/// <summary>A local app that counts how often each request reached it, by the id that the visitor gave it.</summary>
internal sealed class CountingApp : IAsyncDisposable
{
    public const string IdField = "X-Visit";

    private readonly ConcurrentDictionary<string, int> _seen = new(StringComparer.Ordinal);

    private CountingApp()
    {
    }

    public LocalApp App { get; private set; } = null!;

    public Uri Url => App.Url;

    /// <summary>Requests that came more than once.</summary>
    public int Duplicates => _seen.Values.Count(n => n > 1);

    /// <summary>Different requests that came.</summary>
    public int Seen => _seen.Count;

    public static async Task<CountingApp> StartAsync(TimeSpan takes = default)
    {
        var counting = new CountingApp();
        counting.App = await LocalApp.StartAsync(async context =>
        {
            string id = context.Request.Headers[IdField].ToString();
            counting._seen.AddOrUpdate(id, 1, static (_, n) => n + 1);
            string body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            if (takes > TimeSpan.Zero)
            {
                await Task.Delay(takes * Random.Shared.NextDouble());
            }

            await context.Response.WriteAsync($"{id} {body}");
        });
        return counting;
    }

    public ValueTask DisposeAsync() => App.DisposeAsync();
}
