using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.EndToEnd;

public class SmokeTests
{
    [Fact]
    public async Task A_request_reaches_the_local_app_and_its_answer_the_visitor()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(context => context.Response.WriteAsync("hello " + context.Request.Path));

        string answer = await ggrok.Visitor.GetStringAsync("/world");

        answer.ShouldBe("hello /world");
    }
}
