using Ggrok.Server.Audit;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tokens.Store;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Tokens;

/// <summary>A folder with a token store, a file of tokens and an audit log, removed at the end.</summary>
internal sealed class TokenFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("ggrok-tokens-").FullName;

    public string StorePath => Path.Combine(_path, "tokens.json");

    public string FilePath => Path.Combine(_path, "tokens.txt");

    public string AuditPath => Path.Combine(_path, "audit.jsonl");

    public (string Name, string Value) StoreSetting => ("GGROK_TOKENS_STORE", StorePath);

    public (string Name, string Value) FileSetting => ("GGROK_TOKENS_FILE", FilePath);

    public (string Name, string Value) AuditSetting => ("GGROK_AUDIT_LOG", AuditPath);

    public IEnumerable<string> Files => Directory.GetFiles(_path).Select(f => Path.GetFileName(f));

    /// <summary>The store as another program opens it.</summary>
    public TokenStore Store() => new(StorePath, TimeProvider.System, new AuditLog(null, TimeProvider.System));

    /// <summary>Makes a token and returns its secret.</summary>
    public async Task<string> CreateAsync(string name, params string[] words) => (await Store().CreateAsync(name, Grants.Parse(words), "test")).Secret;

    /// <summary>The lines of the audit log with this event, once there are so many.</summary>
    public async Task<List<string>> AuditAsync(string named, int atLeast = 1)
    {
        List<string> lines = [];
        await Eventually.BecomesAsync(() =>
        {
            lines = [.. AuditLines().Where(l => l.Contains($"\"event\":\"{named}\"", StringComparison.Ordinal))];
            return Task.FromResult(lines.Count >= atLeast);
        }, true);
        return lines;
    }

    /// <summary>All lines of the audit log so far.</summary>
    public string[] AuditLines()
    {
        try
        {
            return File.Exists(AuditPath) ? File.ReadAllLines(AuditPath) : [];
        }
        catch (IOException)
        {
            // The server is writing a line.
            return [];
        }
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
