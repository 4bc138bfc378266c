using System.Net;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.EndToEnd;

/// <summary>The time that a local service has for its answer.</summary>
public class ResponseTimeTests
{
    private static readonly (string, string)[] s_short = [("GGROK_RESPONSE_TIMEOUT", "3s")];

    [Fact]
    public async Task It_begins_when_the_request_was_sent_whole()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(
            async c =>
            {
                if (c.Request.Path == "/silent")
                {
                    await Task.Delay(Timeout.Infinite, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                    return;
                }

                using var body = new StreamReader(c.Request.Body);
                await c.Response.WriteAsync(await body.ReadToEndAsync());
            },
            s_short);
        using RawSocket upload = await RawSocket.ConnectAsync(ggrok.Server.Url);
        await upload.SendAsync("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 8\r\n\r\nfirst");

        // Requests that begin later and whose time is over by the next line of the test.
        await TimeOutAsync(ggrok);
        await TimeOutAsync(ggrok);
        await upload.SendAsync("end");

        await upload.ReadUntilAsync("firstend");
    }

    [Fact]
    public async Task It_ends_an_exchange_whose_body_was_sent()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(
            async c => await Task.Delay(Timeout.Infinite, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default), s_short);

        using HttpResponseMessage response = await ggrok.Visitor.PostAsync("/", new StringContent("all of it"));

        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        response.Headers.GetValues("X-Ggrok-Error").ShouldBe(["ResponseHeadTimeout"]);
    }

    [Fact]
    public async Task It_does_not_count_for_a_response_that_began_before_the_request_ended()
    {
        var finish = new TaskCompletionSource();
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(
            async c =>
            {
                if (c.Request.Path == "/silent")
                {
                    await Task.Delay(Timeout.Infinite, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                    return;
                }

                await c.Response.WriteAsync("early");
                await c.Response.Body.FlushAsync();
                await c.Request.Body.CopyToAsync(Stream.Null);
                await finish.Task;
                await c.Response.WriteAsync("late");
            },
            s_short);
        using RawSocket upload = await RawSocket.ConnectAsync(ggrok.Server.Url);
        await upload.SendAsync("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\n");
        await upload.ReadUntilAsync("early");
        await upload.SendAsync("end");

        await TimeOutAsync(ggrok);
        await TimeOutAsync(ggrok);
        finish.SetResult();

        await upload.ReadUntilAsync("late");
    }

    private static async Task TimeOutAsync(GgrokEnvironment ggrok)
    {
        using HttpResponseMessage response = await ggrok.Visitor.GetAsync("/silent");
        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
    }
}
