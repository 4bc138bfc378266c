using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ggrok.Tests.Testing;
using YamlDotNet.RepresentationModel;

namespace Ggrok.Tests.Deploy;

/// <summary>The deploy files of the repository, read.</summary>
internal static partial class DeployFiles
{
    public static JsonElement AppJson => JsonDocument.Parse(Repository.Read("app.json")).RootElement;

    public static YamlMappingNode Compose => Yaml("compose.yaml");

    public static YamlMappingNode Render => (YamlMappingNode)((YamlSequenceNode)Yaml("render.yaml")["services"])[0];

    // As long as what platforms generate.
    private const string Given = "0123456789abcdef0123456789abcdef0123456789";

    /// <summary>Environment of the server in each file; what a platform generates or a user gives is made up.</summary>
    public static IReadOnlyDictionary<string, string> EnvironmentOf(string file) => file switch
    {
        "app.json" => AppJson.GetProperty("env").EnumerateObject().ToDictionary(
            e => e.Name, e => e.Value.TryGetProperty("value", out JsonElement value) ? value.GetString()! : Given, StringComparer.Ordinal),
        "render.yaml" => ((YamlSequenceNode)Render["envVars"]).Cast<YamlMappingNode>().ToDictionary(
            e => e["key"].ToString(), e => e.Children.ContainsKey("value") ? e["value"].ToString() : Given, StringComparer.Ordinal),
        "fly.toml" => Toml("fly.toml", "env"),
        "compose.yaml" => ((YamlMappingNode)Compose["services"]["ggrok"]["environment"]).ToDictionary(
            e => e.Key.ToString(), e => e.Value.ToString().StartsWith("${", StringComparison.Ordinal) ? "given.example" : e.Value.ToString(), StringComparer.Ordinal),
        "Dockerfile" or "Ggrok.Client/Dockerfile" => DockerfileLines("ENV", file).SelectMany(l => l.Split(' ')).Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal),
        _ => throw new ArgumentOutOfRangeException(nameof(file)),
    };

    /// <summary>The table of docs/configuration.md: names of settings.</summary>
    public static IReadOnlySet<string> DocumentedSettings() =>
        SettingRow().Matches(Repository.Read("docs/configuration.md")).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);

    /// <summary>The instructions of one kind, without the kind.</summary>
    public static IReadOnlyList<string> DockerfileLines(string instruction, string file = "Dockerfile") =>
        [.. Repository.Read(file).Split('\n').Where(l => l.StartsWith(instruction + " ", StringComparison.Ordinal)).Select(l => l[(instruction.Length + 1)..].Trim())];

    /// <summary>One table of a TOML file that has only strings, numbers and booleans; "" is the part before the first table.</summary>
    public static IReadOnlyDictionary<string, string> Toml(string file, string table)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        string current = "";
        foreach (string line in Repository.Read(file).Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#'))
        {
            if (TomlTable().Match(line) is { Success: true } header)
            {
                current = header.Groups[1].Value;
                continue;
            }

            Match pair = TomlPair().Match(line);
            pair.Success.ShouldBeTrue($"{file}: not TOML: {line}");
            if (current == table)
            {
                values[pair.Groups[1].Value] = pair.Groups[2].Value.Trim('"');
            }
        }

        return values;
    }

    /// <summary>"30s" or "30" in seconds.</summary>
    public static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(int.Parse(text.TrimEnd('s'), NumberStyles.None, CultureInfo.InvariantCulture));

    private static YamlMappingNode Yaml(string file)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Repository.Read(file)));
        return (YamlMappingNode)stream.Documents.Single().RootNode;
    }

    [GeneratedRegex(@"^\| `(PORT|DATABASE_URL|GGROK_[A-Z0-9_]+)` \|", RegexOptions.Multiline, 5000)]
    private static partial Regex SettingRow();

    [GeneratedRegex(@"^\[{1,2}([a-z_.]+)\]{1,2}$", RegexOptions.None, 5000)]
    private static partial Regex TomlTable();

    [GeneratedRegex("""^([a-z_A-Z]+) = ("[^"]*"|\d+|true|false)$""", RegexOptions.None, 5000)]
    private static partial Regex TomlPair();
}
