using System.Buffers;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>The bytes of a head, in memory that is used again.</summary>
internal sealed class RecordedHead
{
    private byte[] _buffer = [];
    private int _length;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>Puts other bytes in their place.</summary>
    public void Set(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length < bytes.Length)
        {
            Release();
            _buffer = ArrayPool<byte>.Shared.Rent(bytes.Length);
        }

        bytes.CopyTo(_buffer);
        _length = bytes.Length;
    }

    /// <summary>Forgets the bytes.</summary>
    public void Release()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = [];
        _length = 0;
    }
}
