using System.Globalization;
using Xunit.Abstractions;

namespace Ggrok.Tests.Chaos;

/// <summary>
/// What is left to chance in a scene, out of one seed: it is told with every failure, and <c>GGROK_CHAOS_SEED</c> repeats it.
/// Threads still run as they like, so that the same seed is the same weather, not the same run.
/// </summary>
internal sealed class Chance
{
    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly ITestOutputHelper _output;

    private Chance(int seed, ITestOutputHelper output)
    {
        Seed = seed;
        _random = new Random(seed);
        _output = output;
    }

    public int Seed { get; }

    /// <summary>Runs a scene within <see cref="ChaosScale.Patience"/>.</summary>
    public static async Task RunAsync(ITestOutputHelper output, Func<Chance, Task> scene)
    {
        int seed = Environment.GetEnvironmentVariable("GGROK_CHAOS_SEED") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        var chance = new Chance(seed, output);
        try
        {
            await scene(chance).WaitAsync(ChaosScale.Patience);
        }
        catch (Exception e)
        {
            throw new ChaosException(string.Create(CultureInfo.InvariantCulture, $"GGROK_CHAOS_SEED={seed} repeats the weather of this failure: {e.Message}"), e);
        }
    }

    /// <summary>At least <paramref name="from"/>, less than <paramref name="to"/>.</summary>
    public int Next(int from, int to)
    {
        lock (_gate)
        {
            return _random.Next(from, to);
        }
    }

    public bool OneIn(int times) => Next(0, times) == 0;

    /// <summary>Any size up to <paramref name="most"/>, small ones as often as large ones.</summary>
    public int Size(int most)
    {
        lock (_gate)
        {
            return (int)Math.Exp(_random.NextDouble() * Math.Log(most));
        }
    }

    /// <summary>A while, in milliseconds: weather lasts. Nothing is expected to have happened when it is over.</summary>
    public Task WhileAsync(int from, int to) => Task.Delay(Next(from, to));

    /// <summary>Progress and figures: with the test's output, and in the file of <c>GGROK_CHAOS_LOG</c> as they come.</summary>
    public void Say(string line)
    {
        string stamped = string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss} {line}");
        lock (_gate)
        {
            _output.WriteLine(stamped);
            if (Environment.GetEnvironmentVariable("GGROK_CHAOS_LOG") is { Length: > 0 } file)
            {
                File.AppendAllText(file, stamped + "\n");
            }
        }
    }
}

/// <summary>A failure together with its seed.</summary>
internal sealed class ChaosException(string message, Exception inner) : Exception(message, inner);
