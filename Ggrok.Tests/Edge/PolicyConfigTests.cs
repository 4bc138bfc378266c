using Ggrok.Client.Cli;
using Ggrok.Client.Configuration;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

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

    private static LocalTunnel Tunnel(string yaml) =>
        ConfigDocument.Parse("ggrok.yml", yaml).OrThrow().Tunnels.Single().Make(new Dictionary<string, Setting>());
}
