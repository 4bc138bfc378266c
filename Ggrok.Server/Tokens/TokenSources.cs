using Ggrok.Server.Hosting;
using Ggrok.Server.Tokens.Store;

namespace Ggrok.Server.Tokens;

/// <summary>The tokens of the settings, of their file and of the token store. The files are read again when they change.</summary>
internal sealed partial class TokenSources
{
    private const string FileSetting = "GGROK_TOKENS_FILE";

    private readonly Lock _gate = new();
    private readonly IReadOnlyList<TokenEntry> _settings;
    private readonly WatchedFiles<IReadOnlyList<TokenEntry>, TokenFileException>? _file;
    private readonly WatchedFiles<IReadOnlyList<TokenEntry>, TokenFileException>? _store;
    private readonly ILogger<TokenSources> _log;
    private TokenSet _current = TokenSet.Empty;

    /// <exception cref="SettingsException">A file cannot be used.</exception>
    public TokenSources(ServerOptions options, ILogger<TokenSources> log)
    {
        _log = log;
        _settings = options.Tokens;
        try
        {
            if (options.TokensFile is { } file)
            {
                _file = new([file], () => Unclashing(TokenLines.OfFile(FileSetting, file)));
            }

            if (options.TokenStore is { } store)
            {
                _store = new([store], new StoreReader(store).Read);
            }
        }
        catch (TokenFileException e)
        {
            // They could be used when the settings were read.
            throw new SettingsException(e.Message);
        }

        _current = Merge();
    }

    /// <summary>The tokens that count now.</summary>
    public TokenSet Current => Volatile.Read(ref _current);

    /// <summary>Looks at the files; what could not be used leaves what there was. Null when nothing is new.</summary>
    public TokenChange? Refresh()
    {
        lock (_gate)
        {
            bool isNew = Refresh(_file) | Refresh(_store);
            if (!isNew)
            {
                return null;
            }

            TokenSet before = _current;
            TokenSet after = Merge();
            Volatile.Write(ref _current, after);
            TokenChange change = after.Since(before);
            return change.IsNone ? null : change;
        }
    }

    private bool Refresh(WatchedFiles<IReadOnlyList<TokenEntry>, TokenFileException>? files)
    {
        string? problem = null;
        bool isNew = files?.Refresh(out problem) == true;
        if (problem is not null)
        {
            LogKept(problem);
        }

        return isNew;
    }

    private TokenSet Merge() => new(_settings.Concat(_file?.Value ?? []).Concat(_store?.Value ?? []), _current);

    private IReadOnlyList<TokenEntry> Unclashing(IReadOnlyList<TokenEntry> ofFile) =>
        TokenLines.Clash([.. _settings, .. ofFile]) is { } clash ? throw new TokenFileException($"{FileSetting}: {clash}") : ofFile;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The tokens changed, but cannot be used; the old ones go on. {Problem}")]
    private partial void LogKept(string problem);
}
