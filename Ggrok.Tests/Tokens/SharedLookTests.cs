using Ggrok.Server.Tokens;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Tokens;

/// <summary>Many who want the files of tokens looked at.</summary>
public class SharedLookTests
{
    [Fact]
    public async Task However_many_ask_during_a_look_one_more_is_enough_and_began_after_they_asked()
    {
        using var go = new SemaphoreSlim(0);
        var begun = new TaskCompletionSource();
        int looks = 0;
        var shared = new SharedLook(() =>
        {
            Interlocked.Increment(ref looks);
            begun.TrySetResult();
            go.Wait(Within.Limit).ShouldBeTrue();
        });
        Task first = shared.AfterNowAsync();
        await Within.Bound(begun.Task, "the first look");

        Task[] burst = [.. Enumerable.Range(0, 1000).Select(_ => shared.AfterNowAsync())];
        go.Release();
        await Within.Bound(first, "the first look to end");
        burst.ShouldAllBe(t => !t.IsCompleted);
        go.Release();
        await Within.Bound(Task.WhenAll(burst), "the look for all of them");
        looks.ShouldBe(2);

        go.Release();
        await Within.Bound(shared.AfterNowAsync(), "a later look");
        looks.ShouldBe(3);
    }

    [Fact]
    public async Task A_look_that_fails_is_told_to_those_who_waited_for_it_and_to_nobody_else()
    {
        bool isWell = false;
        var shared = new SharedLook(() =>
        {
            if (!isWell)
            {
                throw new IOException("no disk");
            }
        });

        await Should.ThrowAsync<IOException>(shared.AfterNowAsync);
        isWell = true;
        await Within.Bound(shared.AfterNowAsync(), "the next look");
    }
}
