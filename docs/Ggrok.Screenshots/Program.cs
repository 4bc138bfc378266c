using Ggrok.Screenshots;

// The pictures of the documentation: dotnet run --project docs/Ggrok.Screenshots [folder]. They need Chromium.
string folder = Path.GetFullPath(args.FirstOrDefault() ?? "docs/images");
Directory.CreateDirectory(folder);
await using Scene scene = await Scene.StartAsync();
await using var traffic = new Traffic(scene);
await traffic.SendAsync();
await Pictures.TakeAsync(scene, traffic, folder);
