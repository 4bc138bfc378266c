using System.Globalization;
using Ggrok.Bench.App;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Peers;
using Ggrok.Bench.Programs;
using Ggrok.Bench.Reporting;
using Ggrok.Bench.Scenarios;

namespace Ggrok.Bench;

/// <summary>One bench from building to report. Whatever it starts or writes is gone when it returns.</summary>
internal sealed class BenchRun(BenchOptions options)
{
    private readonly Measurements _measurements = new();
    private readonly List<string> _leftOut = [];

    /// <summary>Returns the exit code.</summary>
    /// <exception cref="InvalidOperationException">The local app did not start, or this is not the repository.</exception>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        string folder = Directory.CreateTempSubdirectory("ggrok-bench-").FullName;
        IPeer[] peers = [.. Catalogue.Peers(FindRoot()).Where(p => options.Peers.Contains(p.Id))];
        IScenario[] scenarios = [.. Catalogue.Scenarios(options.Sizes).Where(s => options.Only.Contains(s.Id))];
        try
        {
            using LocalApp app = await LocalApp.StartAsync(folder, (long)options.Sizes.BulkMebibytes << 20, stop).ConfigureAwait(false);
            List<Subject> subjects = await StartAsync(peers, app, folder, stop).ConfigureAwait(false);
            var disturbance = new Disturbance();
            await MeasureAsync(scenarios, subjects, stop).ConfigureAwait(false);
            return await ReportAsync(subjects, scenarios, disturbance, stop).ConfigureAwait(false);
        }
        finally
        {
            foreach (IPeer peer in peers)
            {
                peer.Dispose();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    // Everything is built and started before anything is measured: later runs then find the same machine as the first.
    private async Task<List<Subject>> StartAsync(IPeer[] peers, LocalApp app, string folder, CancellationToken stop)
    {
        var subjects = new List<Subject>();
        foreach (IPeer peer in peers)
        {
            await TryAsync(peer, "start", async () =>
            {
                if (await peer.PrepareAsync(folder, stop).ConfigureAwait(false) is { } missing)
                {
                    _leftOut.Add($"{peer.Name}: not installed ({missing})");
                    return;
                }

                Entrance entrance = await peer.StartAsync(app, folder, stop).ConfigureAwait(false);
                subjects.Add(new Subject(peer, entrance, app, options.Seconds));
            }, stop).ConfigureAwait(false);
        }

        return subjects;
    }

    private async Task MeasureAsync(IScenario[] scenarios, List<Subject> subjects, CancellationToken stop)
    {
        foreach (IScenario scenario in scenarios.Where(s => !s.Repeats))
        {
            await MeasureAsync(scenario, subjects, stop).ConfigureAwait(false);
        }

        // Code that is compiled while it runs is measured after that.
        foreach (Subject subject in subjects)
        {
            await TryAsync(subject.Peer, "warm up", () => Wrk.RunAsync(subject.Entrance, 64, options.Seconds, stop), stop).ConfigureAwait(false);
        }

        for (int run = 0; run < options.Runs; run++)
        {
            Tell(string.Create(CultureInfo.InvariantCulture, $"run {run + 1} of {options.Runs}"));

            // Peers take turns within a row and each run begins with another: a machine that drifts, drifts for all.
            int first = subjects.Count == 0 ? 0 : run % subjects.Count;
            List<Subject> turn = [.. subjects[first..], .. subjects[..first]];
            foreach (IScenario scenario in scenarios.Where(s => s.Repeats))
            {
                await MeasureAsync(scenario, turn, stop).ConfigureAwait(false);
            }
        }
    }

    private async Task MeasureAsync(IScenario scenario, List<Subject> subjects, CancellationToken stop)
    {
        foreach (Subject subject in subjects.Where(s => scenario.AppliesTo(s.Peer)))
        {
            await TryAsync(subject.Peer, scenario.Id, async () =>
            {
                foreach (ProcessTree end in subject.Peer.Ends)
                {
                    end.Root.ThrowIfEnded();
                }

                await scenario.MeasureAsync(subject, _measurements, stop).ConfigureAwait(false);
            }, stop).ConfigureAwait(false);
        }
    }

    // One peer's failure is reported at the end and leaves the others' numbers standing.
    private async Task TryAsync(IPeer peer, string step, Func<Task> action, CancellationToken stop)
    {
        Tell($"  {step}: {peer.Name}");
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            Tell("  failed: " + e.Message);
            _measurements.Failures.Add(new Failure(peer.Id, step, e.Message));
        }
    }

    private async Task<int> ReportAsync(List<Subject> subjects, IScenario[] scenarios, Disturbance disturbance, CancellationToken stop)
    {
        Setting setting = await Setting.ReadAsync([.. subjects.Select(s => s.Peer.Version)], disturbance, stop).ConfigureAwait(false);
        var report = new Report(setting, options, [.. subjects.Select(s => s.Peer)], [.. scenarios.SelectMany(s => s.Metrics)], _measurements, _leftOut);
        Console.WriteLine(MarkdownTable.Render(report));
        if (options.Json is { } file)
        {
            await File.WriteAllTextAsync(file, JsonNumbers.Render(report), stop).ConfigureAwait(false);
            Tell("wrote " + file);
        }

        return _measurements.Failures.Count > 0 ? ExitCodes.Failed : ExitCodes.Done;
    }

    private static void Tell(string line) => Console.Error.WriteLine(line);

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Ggrok.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The bench builds what it measures: run it from the repository.");
    }
}
