using System.Globalization;
using Ggrok.Bench.App;
using Ggrok.Bench.Delaying;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Peers;

/// <summary>
/// <c>ssh -R</c> or <c>ssh -L</c> to an sshd of its own, with keys and configuration of its own: encrypted TCP forwarding.
/// </summary>
/// <param name="reverse">Whether visitors come in at the sshd's side.</param>
internal sealed class SshForward(bool reverse) : IPeer, IFarPeer
{
    // Where a root sshd wants an empty folder; Debian creates it when its service starts.
    private const string PrivilegeSeparation = "/run/sshd";

    private readonly List<ProcessTree> _ends = [];
    private bool _createdSeparation;
    private string _own = "";
    private int _control;
    private int _appPort;

    public string Id => reverse ? "ssh" : "ssh-l";

    public string Name => reverse ? "ssh -R" : "ssh -L";

    public IReadOnlyList<ProcessTree> Ends => _ends;

    public string Version { get; private set; } = "";

    public async Task<string?> PrepareAsync(string folder, CancellationToken stop)
    {
        if (!Installed.Has("sshd") || !Installed.Has("ssh"))
        {
            return "openssh-server and openssh-client";
        }

        Version = await Versions.OfAsync("ssh", "-V", stop).ConfigureAwait(false);
        return null;
    }

    public async Task<Entrance> StartAsync(LocalApp app, string folder, CancellationToken stop)
    {
        _own = Directory.CreateDirectory(Path.Combine(folder, Id)).FullName;
        _control = Ports.Free();
        _appPort = app.Port;
        string configuration = await ConfigureAsync(_own, _control, stop).ConfigureAwait(false);
        if (Environment.IsPrivilegedProcess && !Directory.Exists(PrivilegeSeparation))
        {
            Directory.CreateDirectory(PrivilegeSeparation);
            _createdSeparation = true;
        }

        var server = new ProcessTree("sshd", BackgroundProcess.Start(Installed.PathOf("sshd"), ["-D", "-e", "-f", configuration]));
        _ends.Add(server);
        await Ports.WaitForAsync(_control, stop, server.Root).ConfigureAwait(false);

        Entrance entrance = Entrance.At(Ports.Free());
        var client = new ProcessTree("ssh", StartClient(_control, entrance));
        _ends.Add(client);
        await Ports.WaitForAsync(entrance, stop, server.Root, client.Root).ConfigureAwait(false);
        return entrance;
    }

    public FarTunnel StartFar(TimeSpan roundTrip)
    {
        var pipe = new DelayingPipe(_control, roundTrip);
        Entrance entrance = Entrance.At(Ports.Free());
        return new FarTunnel(entrance, pipe, StartClient(pipe.Port, entrance));
    }

    public void Dispose()
    {
        _ends.ForEach(e => e.Dispose());
        if (_createdSeparation)
        {
            Directory.Delete(PrivilegeSeparation);
        }
    }

    private BackgroundProcess StartClient(int control, Entrance entrance)
    {
        string[] options = ["BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "ExitOnForwardFailure=yes", "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null", "GlobalKnownHostsFile=/dev/null", "LogLevel=ERROR"];
        return BackgroundProcess.Start("ssh",
        [
            "-F", "none", "-N", "-p", Text($"{control}"), "-i", Path.Combine(_own, "user"), .. options.SelectMany(o => new[] { "-o", o }),
            reverse ? "-R" : "-L", Text($"127.0.0.1:{entrance.Port}:127.0.0.1:{_appPort}"), Environment.UserName + "@127.0.0.1",
        ]);
    }

    private static async Task<string> ConfigureAsync(string own, int port, CancellationToken stop)
    {
        foreach (string key in (string[])["host", "user"])
        {
            await Command.RunAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(own, key)], stop).ConfigureAwait(false);
        }

        string file = Path.Combine(own, "sshd_config");
        await File.WriteAllTextAsync(file, Text($"""
            Port {port}
            ListenAddress 127.0.0.1
            HostKey {own}/host
            AuthorizedKeysFile {own}/user.pub
            StrictModes no
            PermitRootLogin prohibit-password
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            UsePAM no
            PidFile none

            """), stop).ConfigureAwait(false);
        return file;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
