using System.Globalization;
using Ggrok.Bench.Measuring;

namespace Ggrok.Bench.Peers;

/// <summary><c>ssh -R</c> to an sshd of its own with keys of its own.</summary>
internal sealed class SshReverse : IPeer
{
    public string Name => "ssh -R";

    public string? Missing => Shell.Has("sshd") && Shell.Has("ssh") ? null : "openssh-server";

    public ProcessGroup Processes { get; } = new();

    public async Task<string> StartAsync(int appPort, string folder)
    {
        string ssh = Path.Combine(folder, "ssh");
        Directory.CreateDirectory(ssh);
        Directory.CreateDirectory("/run/sshd");
        int port = Ports.Free();
        int visible = Ports.Free();
        Shell.Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(ssh, "host"));
        Shell.Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(ssh, "user"));
        File.Copy(Path.Combine(ssh, "user.pub"), Path.Combine(ssh, "authorized"));
        await File.WriteAllTextAsync(Path.Combine(ssh, "sshd_config"), string.Create(CultureInfo.InvariantCulture, $"""
            Port {port}
            ListenAddress 127.0.0.1
            HostKey {ssh}/host
            AuthorizedKeysFile {ssh}/authorized
            StrictModes no
            PermitRootLogin yes
            UsePAM no
            PidFile none

            """)).ConfigureAwait(false);
        Processes.Add(Shell.Start(Shell.PathOf("sshd"), ["-D", "-f", Path.Combine(ssh, "sshd_config")], redirect: false));
        await Task.Delay(300).ConfigureAwait(false);
        Processes.Add(Shell.Start("ssh",
            ["-N", "-p", port.ToString(CultureInfo.InvariantCulture), "-i", Path.Combine(ssh, "user"), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
             "-o", "LogLevel=ERROR", "-R", string.Create(CultureInfo.InvariantCulture, $"{visible}:127.0.0.1:{appPort}"), Environment.UserName + "@127.0.0.1"], redirect: false));
        await Ports.WaitForAsync($"http://127.0.0.1:{visible}/small").ConfigureAwait(false);
        return $"http://127.0.0.1:{visible}";
    }

    public void Dispose() => Processes.Dispose();
}
