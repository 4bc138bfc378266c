using System.Globalization;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>OpenSSH's own server on a free port of the loopback interface, with keys and configuration of its own.</summary>
internal sealed class RunningSshd : IAsyncDisposable
{
    // Where an sshd that root starts wants an empty folder; Debian makes it when its service starts.
    private const string PrivilegeSeparation = "/run/sshd";

    private readonly RunningProgram _process;
    private readonly string _folder;

    private RunningSshd(RunningProgram process, string folder, int port)
    {
        _process = process;
        _folder = folder;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Options of <c>ssh</c> that know this server and nothing of the machine's own configuration.</summary>
    public string Options => $"-F none -i {_folder}/user -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityAgent=none -o LogLevel=ERROR "
        + "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null";

    public static async Task<RunningSshd> StartAsync()
    {
        string folder = Directory.CreateTempSubdirectory("ggrok-sshd").FullName;
        foreach (string key in (string[])["host", "user"])
        {
            await using RunningProgram keygen = RunningProgram.Start("ssh-keygen", $"-q -t ed25519 -N \"\" -f {folder}/{key}");
            (await keygen.ExitAsync()).ShouldBe(0, keygen.Output);
        }

        if (Environment.IsPrivilegedProcess)
        {
            Directory.CreateDirectory(PrivilegeSeparation);
        }

        int port = FreePorts.One();
        await File.WriteAllTextAsync(Path.Combine(folder, "config"), string.Create(CultureInfo.InvariantCulture, $"""
            Port {port}
            ListenAddress 127.0.0.1
            HostKey {folder}/host
            AuthorizedKeysFile {folder}/user.pub
            StrictModes no
            PermitRootLogin prohibit-password
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            UsePAM no
            PidFile none

            """));
        RunningProgram process = RunningProgram.Start("/usr/sbin/sshd", $"-D -e -f {folder}/config");
        await process.LineAsync("listening on");
        return new RunningSshd(process, folder, port);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
