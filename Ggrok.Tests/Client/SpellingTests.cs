using Ggrok.Client.Cli;

namespace Ggrok.Tests.Client;

public class SpellingTests
{
    [Theory]
    [InlineData("sever", "server")]
    [InlineData("servre", "server")]
    [InlineData("TOKEN", "token")]
    [InlineData("xyz", null)]
    [InlineData("", null)]
    public void The_nearest_word_is_found_when_it_is_near(string wrong, string? expected) =>
        Spelling.Nearest(wrong, ["server", "token", "path"]).ShouldBe(expected);

    [Fact]
    public void A_very_long_word_is_not_compared() =>
        Spelling.Nearest(new string('s', 1_000_000), ["server"]).ShouldBeNull();
}
