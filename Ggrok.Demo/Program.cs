using Ggrok.Demo;
using Ggrok.Shared.Relay;

SocketEvents.ServeInline();

return await DemoRun.MainAsync(args).ConfigureAwait(false);
