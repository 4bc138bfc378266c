using System.Text.Json;

namespace Ggrok.Tests.Client;

/// <summary>Runs <c>ggrok doctor</c> on real connections and reads what it says of each check.</summary>
public abstract class DoctorScene : CommandLineScene
{
    /// <summary>Exit code and checks, by name.</summary>
    protected async Task<Diagnosis> ExamineAsync(Uri server, params string[] more)
    {
        Clear();
        int code = await RunAsync(["doctor", "--json", "--server", server.GetLeftPart(UriPartial.Authority), .. more]);
        return new Diagnosis(code, Output, Error);
    }
}

/// <summary>What <c>ggrok doctor --json</c> wrote.</summary>
public sealed class Diagnosis
{
    private readonly List<JsonElement> _lines;

    public Diagnosis(int code, string output, string error)
    {
        Code = code;
        output.ShouldNotBeEmpty(error);
        _lines = [.. output.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement)];
    }

    public int Code { get; }

    public JsonElement Summary => _lines[^1];

    public IEnumerable<string> Names => Checks.Select(c => c.GetProperty("check").GetString()!);

    /// <summary>Everything that failed or was warned of, for messages and for what must be empty.</summary>
    public string[] Trouble => [.. Checks.Where(c => Result(c) is "fail" or "warn").Select(c => c.ToString())];

    private IEnumerable<JsonElement> Checks => _lines.Where(l => l.GetProperty("event").GetString() == "check");

    /// <summary>Result, finding and advice of a check, with a colon and a line between.</summary>
    public string this[string check] => Of(check) is var c && c.TryGetProperty("advice", out JsonElement advice)
        ? $"{Result(c)}: {Found(c)} | {advice.GetString()}"
        : $"{Result(c)}: {Found(c)}";

    public double Measured(string check, string name) => Of(check).GetProperty("measured").GetProperty(name).GetDouble();

    private JsonElement Of(string check) => Checks.Single(c => c.GetProperty("check").GetString() == check);

    private static string Result(JsonElement check) => check.GetProperty("result").GetString()!;

    private static string Found(JsonElement check) => check.GetProperty("found").GetString()!;
}
