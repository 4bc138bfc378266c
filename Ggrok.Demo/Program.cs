using Ggrok.Demo;

return await DemoRun.MainAsync(args).ConfigureAwait(false);
