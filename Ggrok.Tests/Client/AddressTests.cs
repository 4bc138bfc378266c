using Ggrok.Client.Cli;

namespace Ggrok.Tests.Client;

public class AddressTests
{
    [Theory]
    [InlineData("my.app", "https://my.app/")]
    [InlineData("MY.app:8443", "https://my.app:8443/")]
    [InlineData("https://my.app", "https://my.app/")]
    [InlineData("wss://my.app", "https://my.app/")]
    [InlineData("ws://my.app:9000", "http://my.app:9000/")]
    [InlineData("http://my.app", "http://my.app/")]
    [InlineData("localhost:8080", "http://localhost:8080/")]
    [InlineData("app.localhost", "http://app.localhost/")]
    [InlineData("127.0.0.1:5000", "http://127.0.0.1:5000/")]
    [InlineData("[::1]:5000", "http://[::1]:5000/")]
    [InlineData("10.0.0.5", "https://10.0.0.5/")]
    [InlineData("https://localhost", "https://localhost/")]
    [InlineData("::1", "http://[::1]/")]
    [InlineData("2001:db8::1", "https://[2001:db8::1]/")]
    [InlineData("http://my.app:443", "http://my.app:443/")]
    public void Server_addresses_are_understood(string text, string expected) =>
        ServerAddress.Parse(text).AbsoluteUri.ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("ftp://my.app")]
    [InlineData("my.app/path")]
    [InlineData("https://user:pw@my.app")]
    [InlineData("https://my.app?x=1")]
    [InlineData("my app")]
    [InlineData("my.app:99999")]
    [InlineData("my.app:0")]
    [InlineData("my.app:")]
    [InlineData("https:my.app")]
    [InlineData("https:/my.app")]
    [InlineData("https://")]
    [InlineData("http//my.app")]
    [InlineData("3000")]
    [InlineData(":3000")]
    public void Wrong_server_addresses_say_what_to_write(string text) =>
        Should.Throw<UsageException>(() => ServerAddress.Parse(text)).Message.Length.ShouldBeGreaterThan(20);

    [Theory]
    [InlineData("3000", "http://localhost:3000/")]
    [InlineData(":3000", "http://localhost:3000/")]
    [InlineData("http://app.test", "http://app.test/")]
    [InlineData("[::1]:3000", "http://[::1]:3000/")]
    [InlineData("10.0.0.5:8080", "http://10.0.0.5:8080/")]
    [InlineData("https://localhost:8443", "https://localhost:8443/")]
    public void Local_services_are_understood(string text, string expected) =>
        TargetAddress.Parse(text).AbsoluteUri.ShouldBe(expected);

    [Theory]
    [InlineData("0")]
    [InlineData("70000")]
    [InlineData("ftp://x")]
    [InlineData("http://x/path")]
    [InlineData("http://x:1#f")]
    [InlineData("localhost")]
    [InlineData("localhost:")]
    [InlineData("localhost:0")]
    [InlineData("3000/path")]
    [InlineData("99999999999")]
    public void Wrong_local_services_say_what_to_write(string text) =>
        Should.Throw<UsageException>(() => TargetAddress.Parse(text));
}
