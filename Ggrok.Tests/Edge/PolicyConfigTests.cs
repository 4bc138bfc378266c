using Ggrok.Client.Cli;
using Ggrok.Client.Configuration;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Edge;

/// <summary>Policies in <c>ggrok.yml</c>.</summary>
public class PolicyConfigTests
{
    [Fact]
    public void A_policy_is_one_value_or_a_list_in_the_file()
    {
        LocalTunnel tunnel = Tunnel("""
            tunnels:
              web:
                target: 3000
                allow-ip:
                  - 203.0.113.0/24
                  - 198.51.100.7
                deny-ip: 203.0.113.66
            """);

        tunnel.Policies.ShouldBe([
            new PolicyDirective("allow-ip", "203.0.113.0/24"), new PolicyDirective("allow-ip", "198.51.100.7"), new PolicyDirective("deny-ip", "203.0.113.66"),
        ]);
    }

    [Theory]
    [InlineData("allow-ip: [203.0.113.0/24, here]", "ggrok.yml:4: web.allow-ip: \"here\" is neither an address nor a network")]
    [InlineData("allow-ip: [203.0.113.0/24, [1]]", "ggrok.yml:4: web.allow-ip must be a list of single values.")]
    [InlineData("subdomain: [a, b]", "ggrok.yml:4: web.subdomain must be a single value.")]
    [InlineData("alow-ip: 203.0.113.0/24", "did you mean allow-ip?")]
    public void A_mistake_is_told_with_its_line(string line, string complaint)
    {
        UsageException wrong = Should.Throw<UsageException>(() => Tunnel($"tunnels:\n  web:\n    target: 3000\n    {line}\n"));

        wrong.Message.ShouldContain(complaint);
    }

    [Fact]
    public void The_examples_of_the_documentation_are_valid()
    {
        string document = Repository.Read("docs", "policies.md");
        string[] examples = [.. document.Split("```yaml\n").Skip(1).Select(e => e.Split("```")[0]).Where(e => !e.Contains("tunnels:", StringComparison.Ordinal) && !e.Contains("error-page", StringComparison.Ordinal))];

        foreach (string example in examples)
        {
            LocalTunnel tunnel = Tunnel("tunnels:\n  web:\n    target: 3000\n    " + example.TrimEnd().Replace("\n", "\n    ", StringComparison.Ordinal) + "\n");
            tunnel.Policies.Count.ShouldBeGreaterThan(0, example);
        }

        examples.ShouldContain(e => e.Contains("request-header", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_among_the_policies_is_read_beside_the_value_and_what_is_wrong_with_it_is_told()
    {
        string folder = Directory.CreateTempSubdirectory("ggrok").FullName;
        string page = Path.Combine(folder, "down.html");
        File.WriteAllText(page, "<p>{status}</p>");

        Tunnel($"tunnels:\n  web:\n    target: 3000\n    error-page: [5xx={page}]\n    compress: true\n    https-only: false\n").Policies
            .ShouldBe([new PolicyDirective("error-page", "5xx=<p>{status}</p>"), new PolicyDirective("compress", "true")]);
        Should.Throw<UsageException>(() => Tunnel($"tunnels:\n  web:\n    target: 3000\n    error-page: [6xx={page}]\n")).Message.ShouldContain("ggrok.yml:4: web.error-page: \"6xx\" is no failure");
        Directory.Delete(folder, recursive: true);
    }

    private static LocalTunnel Tunnel(string yaml) =>
        ConfigDocument.Parse("ggrok.yml", yaml).OrThrow().Tunnels.Single().Make(new Dictionary<string, Setting>());
}
