using Npgsql;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>A body in the database, read piece by piece.</summary>
internal sealed class StoredBody(Database database, string id, long length) : Stream
{
    private const int PieceBytes = 256 * 1024;

    private ReadOnlyMemory<byte> _piece;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_piece.IsEmpty && _position < length)
        {
            List<byte[]> rows = await database.QueryAsync(
                "SELECT substring(body FROM @from FOR @count) FROM ggrok_inbox_items WHERE id = @id", static r => r.GetFieldValue<byte[]>(0),
                ("from", (int)_position + 1), ("count", PieceBytes), ("id", id)).ConfigureAwait(false);

            // Removed meanwhile: a part must not be taken for the whole.
            _piece = rows is [{ Length: > 0 } piece] ? piece : throw new Storage.InboxStoreException("The stored body is gone.");
        }

        int count = Math.Min(buffer.Length, _piece.Length);
        _piece[..count].CopyTo(buffer);
        _piece = _piece[count..];
        _position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
