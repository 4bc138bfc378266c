using System.Security.Cryptography;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>OpenSSH through a private name, with <c>ggrok connect --stdio</c> as its ProxyCommand.</summary>
public sealed class SshTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-ssh").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Commands_run_files_arrive_and_the_exit_code_comes_back()
    {
        await using RunningSshd sshd = await RunningSshd.StartAsync();
        await using RawScene scene = await RawScene.StartAsync();
        (RunningClient device, _) = await scene.ServeAsync(RawScene.Tcp(sshd.Port, "device-42"));
        string sent = Path.Combine(_folder, "sent");
        string got = Path.Combine(_folder, "got");
        await File.WriteAllBytesAsync(sent, RandomNumberGenerator.GetBytes(5 * 1024 * 1024));

        // The file goes there and back at the same time, and only its end tells the far "cat" to end.
        await using RunningProgram ssh = Ssh(sshd, scene, "device-42", $"'cat; exit 7' < {sent} > {got}");

        (await ssh.ExitAsync(TimeSpan.FromSeconds(60))).ShouldBe(7, ssh.Output);
        (await File.ReadAllBytesAsync(got)).ShouldBe(await File.ReadAllBytesAsync(sent));
        (await device.Events.NextConnectionAsync()).BytesIn.ShouldBeGreaterThan(5 * 1024 * 1024);
    }

    [Fact]
    public async Task A_name_that_nobody_serves_ends_it_at_once_with_a_sentence()
    {
        await using RunningSshd sshd = await RunningSshd.StartAsync();
        await using RawScene scene = await RawScene.StartAsync();

        await using RunningProgram ssh = Ssh(sshd, scene, "device-43", "true");

        (await ssh.ExitAsync(TimeSpan.FromSeconds(60))).ShouldBe(255);
        ssh.Output.ShouldContain("ggrok: Nobody serves the name device-43");
    }

    [Fact]
    public async Task A_device_without_its_service_is_told_from_one_that_is_not_there()
    {
        await using RunningSshd sshd = await RunningSshd.StartAsync();
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(RawScene.Tcp(1, "device-42"));

        await using RunningProgram ssh = Ssh(sshd, scene, "device-42", "true");

        (await ssh.ExitAsync(TimeSpan.FromSeconds(60))).ShouldBe(255);
        ssh.Output.ShouldContain("ggrok: device-42 is there, but nothing listens at its local address.");
    }

    private RunningProgram Ssh(RunningSshd sshd, RawScene scene, string name, string command)
    {
        string proxy = $"dotnet {Path.Combine(AppContext.BaseDirectory, "ggrok.dll")} connect %h --stdio --server {scene.Server.Url.AbsoluteUri}";
        string line = $"exec ssh {sshd.Options} -o ProxyCommand='{proxy}' {Environment.UserName}@{name} {command}";
        string script = Path.Combine(_folder, "run.sh");
        File.WriteAllText(script, line);
        return RunningProgram.Start("sh", script, environment: [("GGROK_CONFIG", Path.Combine(_folder, "ggrok.yml"))]);
    }
}
