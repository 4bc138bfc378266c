using System.Reflection;
using Ggrok.Client.Connection;
using Ggrok.Server.Edge;
using Ggrok.Server.Hosting;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Architecture;

/// <summary>The shape that the design promises, and documents that cannot fall behind the code.</summary>
public class DependencyTests
{
    [Fact]
    public void Server_and_client_know_the_shared_code_only()
    {
        References(typeof(GgrokServer).Assembly).ShouldNotContain("ggrok");
        References(typeof(TunnelClient).Assembly).ShouldNotContain("Ggrok.Server");
        References(typeof(FrameHeader).Assembly).ShouldNotContain(n => n.StartsWith("ggrok", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("Protocol", "Ggrok.Shared.Multiplexing", "Ggrok.Shared.Relay", "System.Net.Sockets", "System.Threading.Tasks", "TimeProvider", "DateTime")]
    [InlineData("Multiplexing", "Ggrok.Shared.Relay", "System.Net.Http", "AspNetCore")]
    public void Inner_folders_do_not_know_outer_ones(string folder, params string[] forbidden)
    {
        foreach (string file in Directory.GetFiles(Repository.PathOf("Ggrok.Shared", folder), "*.cs"))
        {
            string text = File.ReadAllText(file);
            foreach (string name in forbidden)
            {
                text.Contains(name, StringComparison.Ordinal).ShouldBeFalse($"{file} uses {name}");
            }
        }
    }

    [Fact]
    public void Every_named_error_has_a_meaning_and_a_row_in_the_documentation()
    {
        string document = Repository.Read("docs", "errors.md");
        foreach (RelayError error in Enum.GetValues<RelayError>())
        {
            RelayFailure failure = RelayFailure.Of(error);
            (error == RelayError.Internal || failure != RelayFailure.Of(RelayError.Internal)).ShouldBeTrue($"{error} has no meaning of its own");
            document.ShouldContain($"| `{error}` | {(int)error} |");
            document.ShouldContain(failure.Advice);
        }
    }

    [Fact]
    public void Every_setting_is_documented_with_its_default()
    {
        string document = Repository.Read("docs", "configuration.md");
        foreach (ServerSetting setting in ServerSettings.All)
        {
            document.ShouldContain($"| `{setting.Name}` | {(setting.Default.Length == 0 ? "–" : $"`{setting.Default}`")} | {setting.Unit} | {setting.Meaning} |");
        }
    }

    [Fact]
    public void Every_close_reason_is_in_the_protocol_document()
    {
        string document = Repository.Read("docs", "protocol.md");
        foreach (CloseReason reason in Enum.GetValues<CloseReason>())
        {
            document.ShouldContain($"`{reason}`");
        }
    }

    [Fact]
    public void Every_option_of_the_client_is_documented()
    {
        string document = Repository.Read("docs", "cli.md");
        var commandLine = new Ggrok.Client.Cli.CommandLine(TextWriter.Null, TextWriter.Null, false, _ => null, (_, _, _) => throw new InvalidOperationException());
        foreach (string name in commandLine.OptionNames().Where(n => PolicyKeys.Find(n[2..]) is null))
        {
            document.ShouldContain($"`{name}`");
        }
    }

    [Fact]
    public void Every_policy_is_documented_in_its_stage()
    {
        string document = Repository.Read("docs", "policies.md");
        foreach (PolicyKey key in PolicyKeys.All)
        {
            document.ShouldContain($"| `{key.Name}` | {(key.ValueName.Length == 0 ? "–" : key.ValueName)} | {key.Meaning} |");
        }

        foreach (EdgeStage stage in Enum.GetValues<EdgeStage>())
        {
            document.ShouldContain($"| `{stage}` |");
        }
    }

    [Theory]
    [InlineData("app.json")]
    [InlineData("render.yaml")]
    [InlineData("fly.toml")]
    [InlineData("compose.yaml")]
    [InlineData("docs/deploy.md")]
    public void Deploy_files_name_settings_that_exist(string file)
    {
        string text = Repository.Read(file);
        string[] known = [.. ServerSettings.All.Select(s => s.Name)];
        foreach (System.Text.RegularExpressions.Match name in System.Text.RegularExpressions.Regex.Matches(text, "GGROK_[A-Z0-9_]+", default, TimeSpan.FromSeconds(5)))
        {
            known.ShouldContain(name.Value);
        }
    }

    private static IEnumerable<string> References(Assembly assembly) => assembly.GetReferencedAssemblies().Select(a => a.Name!);
}
