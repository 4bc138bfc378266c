using Ggrok.Screenshots;

// The pictures of the documentation: dotnet run --project docs/Ggrok.Screenshots [folder]. They need Chromium.
string folder = Path.GetFullPath(args.FirstOrDefault() ?? "docs/images");
Directory.CreateDirectory(folder);
await using Scene scene = await Scene.StartAsync();
await using var traffic = new Traffic(scene);
await using Pictures pictures = await Pictures.StartAsync(scene.Inspector, folder);
await using ServerPictures server = await ServerPictures.StartAsync(new Uri(scene.Server, "/$$ggrok/"), folder);

Task busy = traffic.BusyMinuteAsync();
await traffic.Minute;
await pictures.TakeAsync("inspector-charts", new Look { Hash = "#/charts" });
await server.TakeAsync("server-tunnels", "Tunnels", new Look { Hash = "#/tunnels" });
await server.TakeAsync("server-traffic", "Traffic", new Look { Hash = "#/traffic", Dark = true });
await server.TakeAsync("server-phone", "Live", new Look { Hash = "#/live", Width = 390, Height = 760 });
await busy;

await traffic.OneOfEverythingAsync();
await pictures.TakeAsync("inspector-light", new Look { Hash = $"#/exchanges/{traffic.Webhook}" });
await pictures.TakeAsync("inspector-dark", new Look { Hash = $"#/exchanges/{traffic.Webhook}", Dark = true });
await pictures.TakeAsync("inspector-details", new Look { Hash = $"#/exchanges/{traffic.Order}/response" });
await pictures.TakeAsync("inspector-phone", new Look { Hash = "#/", Width = 390, Height = 760 });
await traffic.HoldOneAsync();
await pictures.TakeAsync("inspector-held", new Look { Hash = "#/", OpensHeld = true });
