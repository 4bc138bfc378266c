using System.Globalization;
using System.Text;
using Ggrok.Server.Inbox.Items;

namespace Ggrok.Server.Inbox.Files;

/// <summary>
/// The memory of what was delivered, on the disk: a file to which a line is added for each. It is written anew when most of its
/// lines are old. Blocks.
/// </summary>
internal sealed class DeliveredFile(string path, TimeProvider time) : IDisposable
{
    private const int FewestLines = 1000;

    private readonly Lock _gate = new();
    private FileStream? _file;
    private int _lines;

    /// <summary>What was delivered.</summary>
    public DeliveredMemory Memory { get; } = new(time);

    /// <summary>Reads the file. Lines that are none, such as half of one, are skipped.</summary>
    public void Load()
    {
        foreach (string line in File.Exists(path) ? File.ReadAllLines(path) : [])
        {
            string[] words = line.Split(' ');
            if (words.Length == 3 && long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out long at) && InboxId.Is(words[2]))
            {
                Memory.Add(new Delivered(words[1], words[2], at));
            }
        }

        lock (_gate)
        {
            Rewrite();
        }
    }

    /// <summary>Adds a request. The line survives the end of the process; a loss of power, or a full disk, may cost the last ones.</summary>
    public void Add(string sameness, string id)
    {
        var delivered = new Delivered(sameness, id, time.GetUtcNow().ToUnixTimeSeconds());
        int known = Memory.Add(delivered);
        lock (_gate)
        {
            try
            {
                Write(delivered, known);
            }
            catch (IOException e) when (DiskFull.Is(e))
            {
                // What was delivered must go, or there is never room again. This process remembers it; the next line writes all anew.
                _file?.Dispose();
                _file = null;
            }
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file?.Dispose();

    private void Write(Delivered delivered, int known)
    {
        if (_file is null || _lines > FewestLines + (2 * known))
        {
            Rewrite();
        }
        else
        {
            _file.Write(LineOf(delivered));
            _lines++;
        }
    }

    private void Rewrite()
    {
        _file?.Dispose();
        _file = null;
        IReadOnlyList<Delivered> all = Memory.All;
        SafeFile.Write(path, all.SelectMany(LineOf).ToArray());
        _lines = all.Count;
        _file = SafeFile.Append(path);
    }

    private static byte[] LineOf(Delivered delivered) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{delivered.At} {delivered.Sameness} {delivered.Id}\n"));
}
