using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Counts;

/// <summary>What a request costs, in counts that do not depend on the machine: optimised builds in processes of their own.</summary>
public sealed class CountTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-counts").FullName;

    [Fact]
    public async Task A_request_costs_no_more_allocations_messages_and_copies_than_it_may()
    {
        string project = Repository.PathOf("bench", "Ggrok.Counts");
        await using (RunningProgram build = RunningProgram.Start(
            "dotnet", $"build \"{project}\" -c Release --artifacts-path \"{_folder}\" -nodeReuse:false -p:UseSharedCompilation=false"))
        {
            (await build.ExitAsync(TimeSpan.FromMinutes(5))).ShouldBe(0, build.Output);
        }

        string program = Path.Combine(_folder, "bin", "Ggrok.Counts", "release", "Ggrok.Counts.dll");
        await using RunningProgram counts = RunningProgram.Start("dotnet", $"\"{program}\"");
        (await counts.ExitAsync(TimeSpan.FromMinutes(3))).ShouldBe(0, counts.Output);
        counts.Output.ShouldContain("per small request");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
