using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Tests.Client;

public sealed class HashPasswordTests : CommandLineScene
{
    [Fact]
    public async Task A_password_becomes_a_line_for_the_policy_file()
    {
        Input = "correct horse\n";

        (await RunAsync("hash-password", "anna")).ShouldBe(0, Error);

        AuthUser user = AuthOptions.Parse([Output.Trim()]).Users.Single();
        user.Name.ShouldBe("anna");
        user.Hash!.Fits("correct horse"u8).ShouldBeTrue();
    }

    [Theory]
    [InlineData("an:na", "secret")]
    [InlineData("anna", "")]
    public async Task Without_a_password_there_is_advice(string user, string password)
    {
        Input = password;

        (await RunAsync("hash-password", user)).ShouldBe(2);

        Error.ShouldContain("standard input");
    }
}
